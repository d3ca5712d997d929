//! AVX-512 and AVX2.

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
            fn prefetch(value: &Self, ahead: usize) {
                let line = std::ptr::from_ref(value).wrapping_add(ahead);
                // SAFETY: a prefetch reads nothing and may point anywhere.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
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
