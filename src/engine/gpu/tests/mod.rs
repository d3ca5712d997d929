//! The kernels without a GPU, and on whatever adapter there is against their CPU twins.

mod shaders;
mod twins;
