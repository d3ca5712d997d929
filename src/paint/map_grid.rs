//! The channels of a node as a grid of tiles, coloured on the GPU (`shaders/map_grid.wgsl`).

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor, wgpu};
use eframe::epaint::PaintCallbackInfo;

/// Pixels between tiles.
const GAP: f32 = 2.0;

/// How the channels are laid out in a space of physical pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridLayout {
    pub columns: usize,
    pub rows: usize,
    /// Pixels a value; whole numbers from 1 up, so that values are equal squares.
    pub scale: f32,
    /// Width and height of the whole grid in pixels, the gap after the last tile included.
    pub size: [f32; 2],
}

impl GridLayout {
    /// The layout that draws `channels` maps of `[height, width]` largest in the space.
    pub fn fit(channels: usize, [height, width]: [usize; 2], space: [f32; 2]) -> Self {
        let channels = channels.max(1);
        let layout = |columns: usize| {
            let rows = channels.div_ceil(columns);
            let across = (space[0] / columns as f32 - GAP) / width as f32;
            let down = (space[1] / rows as f32 - GAP) / height as f32;
            let scale = across.min(down);
            let scale = if scale >= 1.0 { scale.floor() } else { scale.max(0.05) };
            let size = [
                columns as f32 * (width as f32 * scale + GAP),
                rows as f32 * (height as f32 * scale + GAP),
            ];
            Self {
                columns,
                rows,
                scale,
                size,
            }
        };
        (1..=channels)
            .map(layout)
            .reduce(|best, next| if next.scale > best.scale { next } else { best })
            .unwrap_or_else(|| layout(1))
    }
}

impl GridLayout {
    /// Left, top, width and height in pixels of a channel's map of `[height, width]` within the grid.
    pub fn tile(&self, channel: usize, [height, width]: [usize; 2]) -> [f32; 4] {
        let side = |side: usize| side as f32 * self.scale;
        let (row, column) = (channel / self.columns, channel % self.columns);
        [
            column as f32 * (side(width) + GAP),
            row as f32 * (side(height) + GAP),
            side(width),
            side(height),
        ]
    }
}

/// One grid to draw in the callback's rectangle.
#[derive(Debug, Clone)]
pub struct MapGrid {
    /// Which of the grids on screen this is: each keeps its own texture.
    pub place: u64,
    pub layout: GridLayout,
    /// `[C, H, W]`
    pub shape: [usize; 3],
    pub values: Arc<[f32]>,
    /// The values at the ends of the colour map.
    pub low: f32,
    pub high: f32,
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
struct Uniform {
    tiles: [u32; 2],
    map: [u32; 2],
    fill: [f32; 2],
    low: f32,
    high: f32,
    channels: u32,
    padding: [u32; 3],
}

impl MapGrid {
    fn uniform(&self) -> Uniform {
        let [channels, height, width] = self.shape;
        let share = |side: usize| {
            let side = side as f32 * self.layout.scale;
            side / (side + GAP)
        };
        Uniform {
            tiles: [self.layout.columns as u32, self.layout.rows as u32],
            map: [width as u32, height as u32],
            fill: [share(width), share(height)],
            low: self.low,
            high: self.high,
            channels: channels as u32,
            padding: [0; 3],
        }
    }

    /// The values where the texture has them: tile by tile, zero where there is no channel.
    fn tiled(&self) -> (u32, u32, Vec<f32>) {
        let [_, height, width] = self.shape;
        let (across, down) = (self.layout.columns * width, self.layout.rows * height);
        let mut texels = vec![0.0; across * down];
        for (channel, map) in self.values.chunks_exact(height * width).enumerate() {
            let (row, column) = (channel / self.layout.columns, channel % self.layout.columns);
            for (y, line) in map.chunks_exact(width).enumerate() {
                let start = (row * height + y) * across + column * width;
                texels[start..start + width].copy_from_slice(line);
            }
        }
        (across as u32, down as u32, texels)
    }
}

struct Resources {
    pipeline: wgpu::RenderPipeline,
    colours: wgpu::TextureView,
    grids: HashMap<u64, Grid>,
}

struct Grid {
    values: Arc<[f32]>,
    uniform: Uniform,
    buffer: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
}

/// Whether the window is drawn by a GPU, not by the processor.
pub fn on_gpu(render_state: &RenderState) -> bool {
    render_state.adapter.get_info().device_type != wgpu::DeviceType::Cpu
}

/// Makes the pipeline and the colour table; without it grids stay empty.
///
/// `colours` is the colour map from low to high, at most 256 entries, sRGB.
pub fn install(render_state: &RenderState, colours: &[[u8; 3]]) {
    let (device, queue) = (&render_state.device, &render_state.queue);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("map_grid"),
        source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/map_grid.wgsl").into()),
    });
    let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("map_grid"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vertex"),
            buffers: &[],
            compilation_options: wgpu::PipelineCompilationOptions::default(),
        },
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("fragment"),
            targets: &[Some(render_state.target_format.into())],
            compilation_options: wgpu::PipelineCompilationOptions::default(),
        }),
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        multiview_mask: None,
        cache: None,
    });
    let colours: Vec<u8> = colours.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    let colours = texture(
        device,
        queue,
        [colours.len() as u32 / 4, 1],
        wgpu::TextureFormat::Rgba8Unorm,
        &colours,
    );
    render_state.renderer.write().callback_resources.insert(Resources {
        pipeline,
        colours,
        grids: HashMap::new(),
    });
}

/// A texture of four bytes a texel.
fn texture(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    data: &[u8],
) -> wgpu::TextureView {
    let size = wgpu::Extent3d {
        width,
        height,
        depth_or_array_layers: 1,
    };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("map_grid"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(4 * width),
        rows_per_image: Some(height),
    };
    queue.write_texture(texture.as_image_copy(), data, layout, size);
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

impl Resources {
    fn grid(&self, device: &wgpu::Device, queue: &wgpu::Queue, map: &MapGrid) -> Option<Grid> {
        let (width, height, texels) = map.tiled();
        if width.max(height) > device.limits().max_texture_dimension_2d {
            return None;
        }
        let values = texture(
            device,
            queue,
            [width, height],
            wgpu::TextureFormat::R32Float,
            bytemuck::cast_slice(&texels),
        );
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("map_grid"),
            size: size_of::<Uniform>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let uniform = map.uniform();
        queue.write_buffer(&buffer, 0, bytemuck::bytes_of(&uniform));
        let entry = |binding, resource| wgpu::BindGroupEntry { binding, resource };
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("map_grid"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &[
                entry(0, buffer.as_entire_binding()),
                entry(1, wgpu::BindingResource::TextureView(&values)),
                entry(2, wgpu::BindingResource::TextureView(&self.colours)),
            ],
        });
        Some(Grid {
            values: Arc::clone(&map.values),
            uniform,
            buffer,
            bind_group,
        })
    }
}

impl CallbackTrait for MapGrid {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let Some(resources) = resources.get_mut::<Resources>() else {
            return Vec::new();
        };
        let uniform = self.uniform();
        match resources.grids.get_mut(&self.place) {
            Some(grid) if Arc::ptr_eq(&grid.values, &self.values) && grid.uniform.tiles == uniform.tiles => {
                if grid.uniform != uniform {
                    queue.write_buffer(&grid.buffer, 0, bytemuck::bytes_of(&uniform));
                    grid.uniform = uniform;
                }
            }
            _ => {
                resources.grids.remove(&self.place);
                if let Some(grid) = resources.grid(device, queue, self) {
                    resources.grids.insert(self.place, grid);
                }
            }
        }
        Vec::new()
    }

    fn paint(&self, _info: PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        let Some(resources) = resources.get::<Resources>() else {
            return;
        };
        if let Some(grid) = resources.grids.get(&self.place) {
            pass.set_pipeline(&resources.pipeline);
            pass.set_bind_group(0, &grid.bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_fits_and_holds_every_channel() {
        for (channels, map) in [(16, [8, 8]), (64, [2, 2]), (10, [1, 1]), (64, [32, 32]), (256, [4, 4])] {
            for space in [[300.0, 200.0], [1200.0, 300.0], [90.0, 700.0]] {
                let layout = GridLayout::fit(channels, map, space);
                assert!(layout.columns * layout.rows >= channels, "{layout:?}");
                assert!(
                    layout.size[0] <= space[0] + 0.5 && layout.size[1] <= space[1] + 0.5,
                    "{layout:?} in {space:?}"
                );
            }
        }
    }

    #[test]
    fn tiles_stand_where_the_shader_reads_them() {
        let layout = GridLayout {
            columns: 2,
            rows: 2,
            scale: 1.0,
            size: [0.0; 2],
        };
        let grid = MapGrid {
            place: 0,
            layout,
            shape: [3, 1, 2],
            values: Arc::from([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            low: 0.0,
            high: 6.0,
        };
        assert_eq!(layout.tile(2, [1, 2]), [0.0, 1.0 + GAP, 2.0, 1.0]);
        assert_eq!(grid.tiled(), (4, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0]));
    }
}
