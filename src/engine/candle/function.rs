//! An operation with a gradient of our own inside candle's autograd, as `torch.autograd.Function` is in PyTorch's.

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp2, CustomOp3, Layout, MetalStorage, Result, Shape, Storage, Tensor,
};

/// From the gradient of the value to the gradients of the `N` arguments; `None` where nobody needs one.
type Backward<const N: usize> = Box<dyn Fn(&Tensor) -> Result<[Option<Tensor>; N]> + Send + Sync>;

/// A value computed ahead, with how gradients pass from it to `N` arguments.
pub struct Function<const N: usize> {
    value: Tensor,
    backward: Backward<N>,
}

impl<const N: usize> Function<N> {
    /// `value` must be fresh: contiguous, from the start of its storage.
    pub fn new(
        value: Tensor,
        backward: impl Fn(&Tensor) -> Result<[Option<Tensor>; N]> + Send + Sync + 'static,
    ) -> Self {
        Self {
            value,
            backward: Box::new(backward),
        }
    }

    fn cpu(&self) -> Result<(CpuStorage, Shape)> {
        match &*self.value.storage_and_layout().0 {
            Storage::Cpu(storage) => Ok((storage.clone(), self.value.shape().clone())),
            _ => candle_core::bail!("a value left the CPU"),
        }
    }

    fn cuda(&self) -> Result<(CudaStorage, Shape)> {
        let (storage, layout) = self.value.storage_and_layout();
        match &*storage {
            Storage::Cuda(storage) => Ok((storage.try_clone(layout)?, self.value.shape().clone())),
            _ => candle_core::bail!("a value left the CUDA device"),
        }
    }

    fn metal(&self) -> Result<(MetalStorage, Shape)> {
        let (storage, layout) = self.value.storage_and_layout();
        match &*storage {
            Storage::Metal(storage) => Ok((storage.try_clone(layout)?, self.value.shape().clone())),
            _ => candle_core::bail!("a value left the Metal device"),
        }
    }
}

impl CustomOp1 for Function<1> {
    fn name(&self) -> &'static str {
        "function"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.cpu()
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        self.cuda()
    }

    fn metal_fwd(&self, _: &MetalStorage, _: &Layout) -> Result<(MetalStorage, Shape)> {
        self.metal()
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let [x] = (self.backward)(gradient)?;
        Ok(x)
    }
}

impl CustomOp2 for Function<2> {
    fn name(&self) -> &'static str {
        "function"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.cpu()
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        self.cuda()
    }

    fn metal_fwd(&self, _: &MetalStorage, _: &Layout, _: &MetalStorage, _: &Layout) -> Result<(MetalStorage, Shape)> {
        self.metal()
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [x, y] = (self.backward)(gradient)?;
        Ok((x, y))
    }
}

impl CustomOp3 for Function<3> {
    fn name(&self) -> &'static str {
        "function"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.cuda()
    }

    fn metal_fwd(
        &self,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
    ) -> Result<(MetalStorage, Shape)> {
        self.metal()
    }

    fn bwd(
        &self,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [x, y, z] = (self.backward)(gradient)?;
        Ok((x, y, z))
    }
}
