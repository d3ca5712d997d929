//! The part of TensorFlow's `Event` protocol buffer that we write and read (tensorflow/core/util/event.proto,
//! framework/summary.proto and tensor.proto), and the TFRecord frame around each.

use prost::{Message, Oneof};

/// The version every log begins with.
pub const FILE_VERSION: &str = "brain.Event:2";
/// `SessionLog.SessionStatus.START`
pub const SESSION_START: i32 = 1;
/// `DataType.DT_FLOAT`
pub const DT_FLOAT: i32 = 1;
/// `DataType.DT_STRING`
pub const DT_STRING: i32 = 7;
/// `DataClass.DATA_CLASS_TENSOR`
pub const DATA_CLASS_TENSOR: i32 = 2;

#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    #[prost(int64, tag = "2")]
    pub step: i64,
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub what: Option<What>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    #[prost(int32, tag = "1")]
    pub status: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<Metadata>,
    #[prost(oneof = "Content", tags = "2, 8")]
    pub content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Content {
    #[prost(float, tag = "2")]
    Simple(f32),
    #[prost(message, tag = "8")]
    Tensor(Tensor),
}

#[derive(Clone, PartialEq, Message)]
pub struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub plugin: Option<Plugin>,
    #[prost(string, tag = "2")]
    pub display_name: String,
    #[prost(string, tag = "3")]
    pub summary_description: String,
    #[prost(int32, tag = "4")]
    pub data_class: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Plugin {
    #[prost(string, tag = "1")]
    pub plugin_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
    #[prost(float, repeated, tag = "5")]
    pub float_val: Vec<f32>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub string_val: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Shape {
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<Dim>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Dim {
    #[prost(int64, tag = "1")]
    pub size: i64,
}

/// Length, checksum of the length, data, checksum of the data.
pub fn frame(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend_from_slice(&length);
    record.extend_from_slice(&masked_crc(&length).to_le_bytes());
    record.extend_from_slice(data);
    record.extend_from_slice(&masked_crc(data).to_le_bytes());
    record
}

/// TFRecord's checksum: CRC-32C, rotated and shifted so that checksums of checksums stay sound.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A frame that was cut off or does not match its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The file ends within a record: what a killed process leaves behind.
    Truncated,
    /// The length cannot be trusted, so neither can anything after it.
    Length,
    /// The data of one record; the next one can be read.
    Data,
}

/// The records of a file, each as its data; after [`Damage::Truncated`] and [`Damage::Length`] there are no more.
pub fn records(mut bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], Damage>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (record, rest) = split(bytes);
        bytes = rest;
        Some(record)
    })
}

fn split(bytes: &[u8]) -> (Result<&[u8], Damage>, &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return (Err(Damage::Truncated), &[]);
    };
    let Some((checksum, rest)) = rest.split_first_chunk::<4>() else {
        return (Err(Damage::Truncated), &[]);
    };
    if masked_crc(length) != u32::from_le_bytes(*checksum) {
        return (Err(Damage::Length), &[]);
    }
    let length = u64::from_le_bytes(*length);
    let whole = usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length));
    let Some((data, rest)) = whole else {
        return (Err(Damage::Truncated), &[]);
    };
    match rest.split_first_chunk::<4>() {
        None => (Err(Damage::Truncated), &[]),
        Some((checksum, rest)) if masked_crc(data) != u32::from_le_bytes(*checksum) => (Err(Damage::Data), rest),
        Some((_, rest)) => (Ok(data), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_tensorflows() {
        // Both checksums from tensorboard.compat.tensorflow_stub.pywrap_tensorflow.masked_crc32c.
        let bytes = frame(b"depth");
        assert_eq!(bytes[..8], 5u64.to_le_bytes());
        assert_eq!(bytes[8..12], 0x3e04b2ea_u32.to_le_bytes());
        assert_eq!(bytes[17..], 0x225729a3_u32.to_le_bytes());
        assert_eq!(records(&bytes).collect::<Vec<_>>(), [Ok(&b"depth"[..])]);
    }

    #[test]
    fn damage_is_told_apart() {
        let bytes = [frame(b"one"), frame(b"two"), frame(b"three")].concat();
        let read = |bytes: &[u8]| {
            records(bytes)
                .map(|record| record.map(<[u8]>::to_vec))
                .collect::<Vec<_>>()
        };
        let (one, two, three) = (b"one".to_vec(), b"two".to_vec(), b"three".to_vec());
        let mut data = bytes.clone();
        data[19 + 13] ^= 1;
        assert_eq!(read(&data), [Ok(one.clone()), Err(Damage::Data), Ok(three)]);
        let mut length = bytes.clone();
        length[19] ^= 1;
        assert_eq!(read(&length), [Ok(one.clone()), Err(Damage::Length)]);
        for cut in 39..bytes.len() {
            assert_eq!(
                read(&bytes[..cut]),
                [Ok(one.clone()), Ok(two.clone()), Err(Damage::Truncated)]
            );
        }
    }
}
