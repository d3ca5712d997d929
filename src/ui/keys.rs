//! Keys as they were pressed, with the modifiers of that moment: when a slow frame comes to read them, Ctrl may be up again.

use eframe::egui::{Context, Event, EventFilter, Key, KeyboardShortcut, Modifiers, Ui};
use rust_i18n::t;

/// The digits from 1.
pub const DIGITS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

/// For what takes the arrow keys for itself while it has the focus.
pub const ARROWS: EventFilter = EventFilter {
    tab: false,
    horizontal_arrows: true,
    vertical_arrows: true,
    escape: false,
};

/// Whether that key was pressed with exactly these modifiers since the frame before.
pub fn pressed(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input(|input| input.events.iter().any(|event| is_press(event, modifiers, key)))
}

/// Takes what came after those keys out of the frame, where they were pressed; answers with the letters in it.
pub fn typed_after(ui: &Ui, keys: KeyboardShortcut) -> Option<String> {
    ui.input_mut(|input| {
        let press = |event| is_press(event, keys.modifiers, keys.logical_key);
        let at = input.events.iter().position(press)?;
        let later = input.events.split_off(at + 1);
        let letters = later.iter().map(|event| match event {
            Event::Text(text) => text.as_str(),
            _ => "",
        });
        Some(letters.collect())
    })
}

fn is_press(event: &Event, with: Modifiers, which: Key) -> bool {
    matches!(event, Event::Key { key, pressed: true, modifiers, .. } if *key == which && modifiers.matches_exact(with))
}

/// The keys as they are written: `Ctrl+K`, `?`.
pub fn written(ctx: &Context, keys: &KeyboardShortcut) -> String {
    let written = ctx.format_shortcut(keys);
    let signs = [
        (Key::Questionmark, "?".into()),
        (Key::OpenBracket, "[".into()),
        (Key::CloseBracket, "]".into()),
        (Key::Comma, ",".into()),
        (Key::Period, ".".into()),
        (Key::Space, t!("Space")),
    ];
    signs
        .iter()
        .fold(written, |text, (key, sign)| text.replace(key.name(), sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modifiers_are_those_of_the_press() {
        let event = |pressed| Event::Key {
            key: Key::K,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::COMMAND,
        };
        assert!(is_press(&event(true), Modifiers::COMMAND, Key::K));
        assert!(!is_press(&event(true), Modifiers::NONE, Key::K));
        assert!(!is_press(&event(true), Modifiers::COMMAND, Key::L));
        assert!(!is_press(&event(false), Modifiers::COMMAND, Key::K));
    }

    #[test]
    fn keys_are_written_as_on_the_keyboard() {
        let keys = |modifiers, key| written(&Context::default(), &KeyboardShortcut::new(modifiers, key));
        assert_eq!(keys(Modifiers::NONE, Key::Questionmark), "?");
        assert!(keys(Modifiers::SHIFT, Key::F6).ends_with("F6"));
    }
}
