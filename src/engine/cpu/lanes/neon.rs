//! NEON, which every 64-bit Arm has.

use std::arch::aarch64::*;
use std::arch::asm;

use bytemuck::{Pod, Zeroable};

use super::{Kernel, Lanes};

/// Four lanes.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Neon(float32x4_t);

// SAFETY: four `f32` without padding; every bit pattern is a value.
unsafe impl Zeroable for Neon {}
// SAFETY: as above.
unsafe impl Pod for Neon {}

// SAFETY (every intrinsic here): `Isa::run` has found the instructions.
impl Lanes for Neon {
    const WIDTH: usize = 4;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(unsafe { vdupq_n_f32(value) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(unsafe { vsubq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(unsafe { vmulq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(unsafe { vfmaq_f32(addend.0, self.0, factor.0) })
    }

    #[inline(always)]
    fn relu(self) -> Self {
        // The instruction returns NaN when either is NaN.
        Self(unsafe { vmaxq_f32(self.0, vdupq_n_f32(0.0)) })
    }

    #[inline(always)]
    fn where_positive(self, gate: Self) -> Self {
        Self(unsafe {
            let positive = vcgtzq_f32(gate.0);
            vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(self.0), positive))
        })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        unsafe { vaddvq_f32(self.0) }
    }

    #[inline(always)]
    fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        let sums = Self(unsafe { vpaddq_f32(vpaddq_f32(a.0, b.0), vpaddq_f32(c.0, d.0)) });
        bytemuck::cast(sums)
    }

    #[inline(always)]
    fn prefetch(value: &Self, ahead: usize) {
        let line = std::ptr::from_ref(value).wrapping_add(ahead);
        // SAFETY: a prefetch changes nothing and may point anywhere.
        unsafe { asm!("prfm pldl1keep, [{}]", in(reg) line, options(nostack, preserves_flags, readonly)) };
    }

    #[inline(always)]
    fn enter<K: Kernel>(kernel: K) -> K::Output {
        #[target_feature(enable = "neon")]
        fn inside<K: Kernel>(kernel: K) -> K::Output {
            kernel.run::<Neon>()
        }
        unsafe { inside(kernel) }
    }
}
