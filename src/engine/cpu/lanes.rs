//! Vectors of `f32`, one image a lane, and the instruction sets that compute with them.
//!
//! A kernel is written once over [`Lanes`] and compiled for every instruction set: [`Isa::run`] enters the copy that
//! this machine runs fastest.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

use bytemuck::{Pod, Zeroable};

/// A kernel's arguments, with its body.
pub trait Kernel {
    /// What it returns.
    type Output;

    /// The body; `#[inline(always)]`, so that it is compiled inside the function that enables the instructions.
    fn run<S: Lanes>(self) -> Self::Output;
}

/// One instruction set's vector. Its functions are called only below [`Isa::run`], which has found the instructions.
pub trait Lanes: Pod + Send + Sync {
    /// Images side by side.
    const WIDTH: usize;
    /// Vector registers.
    const REGISTERS: usize;

    fn splat(value: f32) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// `self * factor + addend`, in one rounding where the machine can.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// max(x, 0), NaN kept.
    fn relu(self) -> Self;
    /// Itself where `gate > 0`, elsewhere 0.
    fn where_positive(self, gate: Self) -> Self;
    /// Sum over the lanes, in a fixed order.
    fn sum(self) -> f32;

    /// [`Lanes::sum`] of four, which together are cheaper.
    #[inline(always)]
    fn sums(four: [Self; 4]) -> [f32; 4] {
        let [a, b, c, d] = four;
        [a.sum(), b.sum(), c.sum(), d.sum()]
    }

    /// Asks for the cache line `ahead` vectors after `value`, where the machine can be asked; it may lie outside.
    #[inline(always)]
    fn prefetch(_value: &Self, _ahead: usize) {}

    /// Enters a kernel from another one.
    fn enter<K: Kernel>(kernel: K) -> K::Output;

    #[inline(always)]
    fn zero() -> Self {
        Self::zeroed()
    }

    /// The same memory as vectors; its length must be a multiple of the width and its start aligned.
    #[inline(always)]
    fn of(values: &[f32]) -> &[Self] {
        bytemuck::cast_slice(values)
    }

    #[inline(always)]
    fn of_mut(values: &mut [f32]) -> &mut [Self] {
        bytemuck::cast_slice_mut(values)
    }
}

/// An instruction set that this build has kernels for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Plain Rust.
    Portable,
}

impl Isa {
    /// Those of this machine, fastest first.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                found.push(Isa::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(Isa::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            found.push(Isa::Neon);
        }
        found.push(Isa::Portable);
        found
    }

    /// The fastest of this machine.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => "NEON",
            Isa::Portable => "portable",
        }
    }

    /// Images side by side in its vectors.
    pub fn width(self) -> usize {
        struct Width;
        impl Kernel for Width {
            type Output = usize;
            #[inline(always)]
            fn run<S: Lanes>(self) -> usize {
                S::WIDTH
            }
        }
        self.run(Width)
    }

    /// Runs a kernel.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => x86::Avx512::enter(kernel),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => x86::Avx2::enter(kernel),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => neon::Neon::enter(kernel),
            Isa::Portable => Portable::enter(kernel),
        }
    }
}

/// Eight lanes of plain Rust.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(32))]
pub struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Lanes for Portable {
    const WIDTH: usize = 8;
    // A value takes two of SSE's.
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 8])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // Without the instruction `mul_add` is a slow call.
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
            Self(std::array::from_fn(|lane| {
                self.0[lane].mul_add(factor.0[lane], addend.0[lane])
            }))
        } else {
            self.mul(factor).add(addend)
        }
    }

    #[inline(always)]
    fn relu(self) -> Self {
        Self(self.0.map(|value| if value <= 0.0 { 0.0 } else { value }))
    }

    #[inline(always)]
    fn where_positive(self, gate: Self) -> Self {
        self.zip(gate, |value, gate| if gate > 0.0 { value } else { 0.0 })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }

    #[inline(always)]
    fn enter<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }
}
