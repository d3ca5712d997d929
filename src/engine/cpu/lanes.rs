//! Vectors of `f32`, one image a lane, and the instruction sets that compute with them.
//!
//! A kernel is written once over [`Lanes`] and compiled for every instruction set: [`Isa::run`] enters the copy that
//! this machine runs fastest.

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
    /// Plain Rust; on 64-bit Arm the compiler makes NEON of it.
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
            Isa::Portable if cfg!(target_arch = "aarch64") => "NEON",
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
    // A value takes two of SSE's or NEON's.
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

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use bytemuck::{Pod, Zeroable};

    use super::{Kernel, Lanes};

    /// Sixteen lanes.
    #[derive(Debug, Clone, Copy)]
    #[repr(transparent)]
    pub struct Avx512(__m512);

    /// Eight lanes.
    #[derive(Debug, Clone, Copy)]
    #[repr(transparent)]
    pub struct Avx2(__m256);

    // SAFETY: sixteen `f32` without padding; every bit pattern is a value.
    unsafe impl Zeroable for Avx512 {}
    // SAFETY: as above.
    unsafe impl Pod for Avx512 {}
    // SAFETY: eight `f32` without padding; every bit pattern is a value.
    unsafe impl Zeroable for Avx2 {}
    // SAFETY: as above.
    unsafe impl Pod for Avx2 {}

    /// Implements [`Lanes`] for a vector type by its intrinsics.
    macro_rules! lanes {
        ($vector:ident, $width:literal, $registers:literal, $features:literal, $set1:ident, $add:ident, $sub:ident, $mul:ident, $fma:ident,
         $max:ident, $zero:ident, |$value:ident, $gate:ident| $select:expr, |$lanes:ident| $sum:expr,
         |$half:ident| $halved:expr) => {
            impl $vector {
                /// Upper and lower half added, where that is more than eight lanes.
                #[inline(always)]
                fn halved(self) -> __m256 {
                    let $half = self.0;
                    $halved
                }
            }

            // SAFETY (every intrinsic here): `Isa::run` has found the instructions.
            impl Lanes for $vector {
                const WIDTH: usize = $width;
                const REGISTERS: usize = $registers;

                #[inline(always)]
                fn splat(value: f32) -> Self {
                    Self(unsafe { $set1(value) })
                }

                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    Self(unsafe { $add(self.0, other.0) })
                }

                #[inline(always)]
                fn sub(self, other: Self) -> Self {
                    Self(unsafe { $sub(self.0, other.0) })
                }

                #[inline(always)]
                fn mul(self, other: Self) -> Self {
                    Self(unsafe { $mul(self.0, other.0) })
                }

                #[inline(always)]
                fn mul_add(self, factor: Self, addend: Self) -> Self {
                    Self(unsafe { $fma(self.0, factor.0, addend.0) })
                }

                #[inline(always)]
                fn relu(self) -> Self {
                    // The instruction returns its second operand when either is NaN.
                    Self(unsafe { $max($zero(), self.0) })
                }

                #[inline(always)]
                fn where_positive(self, gate: Self) -> Self {
                    let ($value, $gate) = (self.0, gate.0);
                    Self(unsafe { $select })
                }

                #[inline(always)]
                fn sum(self) -> f32 {
                    let $lanes = self.0;
                    unsafe { $sum }
                }

                #[inline(always)]
                fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
                    let (a, b, c, d) = (a.halved(), b.halved(), c.halved(), d.halved());
                    unsafe {
                        let sums = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
                        let sums = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps::<1>(sums));
                        std::mem::transmute(sums)
                    }
                }

                #[inline(always)]
                fn enter<K: Kernel>(kernel: K) -> K::Output {
                    #[target_feature(enable = $features)]
                    fn inside<K: Kernel>(kernel: K) -> K::Output {
                        kernel.run::<$vector>()
                    }
                    unsafe { inside(kernel) }
                }
            }
        };
    }

    lanes!(
        Avx512,
        16,
        32,
        "avx512f",
        _mm512_set1_ps,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_fmadd_ps,
        _mm512_max_ps,
        _mm512_setzero_ps,
        |value, gate| {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate, _mm512_setzero_ps());
            _mm512_maskz_mov_ps(positive, value)
        },
        |lanes| _mm512_reduce_add_ps(lanes),
        |lanes| {
            // SAFETY: as every intrinsic here.
            unsafe {
                let upper = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(lanes));
                _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm256_castpd_ps(upper))
            }
        }
    );

    lanes!(
        Avx2,
        8,
        16,
        "avx2,fma",
        _mm256_set1_ps,
        _mm256_add_ps,
        _mm256_sub_ps,
        _mm256_mul_ps,
        _mm256_fmadd_ps,
        _mm256_max_ps,
        _mm256_setzero_ps,
        |value, gate| {
            let positive = _mm256_cmp_ps::<_CMP_GT_OQ>(gate, _mm256_setzero_ps());
            _mm256_and_ps(positive, value)
        },
        |lanes| {
            let half = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps::<1>(lanes));
            let quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(quarter, _mm_shuffle_ps::<1>(quarter, quarter)))
        },
        |lanes| lanes
    );
}
