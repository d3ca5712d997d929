//! The engine's own device, on the software adapter: kernels run, and every failure is one sentence of its own kind.

use depthscope::engine::gpu::{Adapter, AdapterKind, Ceiling, Checks, Device, Kernel};
use depthscope::error::Error;

const SOURCE: &str = "
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
override factor: f32 = 1.0;
@compute @workgroup_size(64)
fn scale(@builtin(global_invocation_id) at: vec3<u32>) {
    values[at.x] *= factor;
}";

fn open(checks: Checks) -> std::sync::Arc<Device> {
    Device::open(&Adapter::find(Some("llvmpipe")).unwrap(), checks).unwrap()
}

fn kernel<'a>(constants: &'a [(&'a str, f64)]) -> Kernel<'a> {
    Kernel {
        name: "scale",
        source: SOURCE,
        entry: "scale",
        constants,
    }
}

/// 64 ones, each times 3.
fn scaled(device: &Device) -> Result<Vec<f32>, Error> {
    let pipeline = device.pipeline(&kernel(&[("factor", 3.0)]))?;
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
    let buffer = device.buffer("values", 256, usage)?;
    let back = device.buffer("back", 256, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)?;
    device.guarded(|| {
        let ones = 1.0f32.to_le_bytes().repeat(64);
        device.queue.write_buffer(&buffer, 0, &ones);
        let group = device.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: buffer.as_entire_binding(),
            }],
        });
        let mut encoder = device
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(1, 1, 1);
        }
        encoder.copy_buffer_to_buffer(&buffer, 0, &back, 0, 256);
        device.queue.submit([encoder.finish()]);
    })?;
    let mapped = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = std::sync::Arc::clone(&mapped);
    back.slice(..).map_async(wgpu::MapMode::Read, move |result| {
        told.store(result.is_ok(), std::sync::atomic::Ordering::Release);
    });
    device.wait(|| mapped.load(std::sync::atomic::Ordering::Acquire))?;
    let bytes = back.slice(..).get_mapped_range().unwrap();
    Ok(bytes
        .as_chunks()
        .0
        .iter()
        .map(|&value| f32::from_le_bytes(value))
        .collect())
}

#[test]
fn kernels_run_with_and_without_checks() {
    for checks in [Checks::Off, Checks::On] {
        let device = open(checks);
        assert_eq!(device.about.kind, AdapterKind::Software);
        assert_eq!(scaled(&device).unwrap(), [3.0; 64]);
    }
}

#[test]
fn nets_share_a_device_until_it_is_lost() {
    let first = Device::shared(Some("llvmpipe"), Checks::On).unwrap();
    let second = Device::shared(Some("llvmpipe"), Checks::On).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    first.device.destroy();
    let error = scaled(&first).unwrap_err();
    assert!(matches!(error, Error::DeviceLost(_)), "{error:?}");
    let third = Device::shared(Some("llvmpipe"), Checks::On).unwrap();
    assert_eq!(scaled(&third).unwrap(), [3.0; 64]);
}

#[test]
fn a_lost_device_is_told_at_every_use() {
    let device = open(Checks::Off);
    scaled(&device).unwrap();
    device.device.destroy();
    for _ in 0..2 {
        let error = scaled(&device).unwrap_err();
        assert!(
            matches!(error, Error::DeviceLost(_)) && error.is_of_device(),
            "{error:?}"
        );
        assert!(error.to_string().contains("was lost"), "{error}");
    }
    assert!(device.wait(|| false).is_err());
}

#[test]
fn too_much_memory_is_told_and_the_device_lives() {
    let device = open(Checks::Off);
    let error = device
        .buffer("everything", 1 << 50, wgpu::BufferUsages::STORAGE)
        .unwrap_err();
    assert!(
        matches!(error, Error::DeviceMemory(_)) && error.is_of_device(),
        "{error:?}"
    );
    assert_eq!(scaled(&device).unwrap(), [3.0; 64]);
}

#[test]
fn an_invalid_kernel_is_one_sentence_with_its_name() {
    let device = open(Checks::Off);
    let broken = Kernel {
        source: "@compute @workgroup_size(64) fn scale() { nonsense(); }",
        ..kernel(&[])
    };
    let error = device.pipeline(&broken).unwrap_err();
    assert!(matches!(error, Error::Shader(_)), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("kernel scale") && words.lines().count() == 1, "{words}");
    assert_eq!(scaled(&device).unwrap(), [3.0; 64]);
}

#[test]
fn an_adapter_is_measured_in_about_a_second() {
    let began = std::time::Instant::now();
    let ceiling = Ceiling::measure(&Adapter::find(Some("llvmpipe")).unwrap()).unwrap();
    // No processor computes or copies as fast as the upper bounds, none so slowly as the lower ones.
    assert!((0.1..10_000.0).contains(&ceiling.gflops), "{ceiling:?}");
    assert!((0.1..2_000.0).contains(&ceiling.gigabytes), "{ceiling:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(20));
}
