//! The window's icon: a plain and a residual tower.

use eframe::egui::IconData;

const SIDE: usize = 64;

/// Draws the icon.
pub fn icon() -> IconData {
    let mut rgba = vec![0; SIDE * SIDE * 4];
    let mut fill = |left: usize, top: usize, width: usize, height: usize, [r, g, b]: [u8; 3]| {
        for y in top..top + height {
            for x in left..left + width {
                let at = 4 * (y * SIDE + x);
                rgba[at..at + 4].copy_from_slice(&[r, g, b, 255]);
            }
        }
    };
    for block in 0..7 {
        let top = 54 - 8 * block;
        if block < 4 {
            fill(6, top, 20, 6, [0xd5, 0x5e, 0x00]);
        }
        fill(32, top, 20, 6, [0x00, 0x72, 0xb2]);
        // The shortcut around the block.
        fill(52, top + 1, 6, 1, [0x00, 0x72, 0xb2]);
        fill(57, top + 1, 1, 4, [0x00, 0x72, 0xb2]);
        fill(52, top + 4, 6, 1, [0x00, 0x72, 0xb2]);
    }
    IconData {
        rgba,
        width: SIDE as u32,
        height: SIDE as u32,
    }
}
