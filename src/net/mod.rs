//! Networks as plain data: a [`Spec`] in text form becomes a [`Graph`] of named operations with shapes, parameters
//! and multiply-adds, and [`initial_weights`] gives it the values it starts from. Nothing here computes.

mod builder;
mod deepen;
mod field;
mod forms;
mod graph;
mod init;
mod spec;
mod spec_text;
mod surgery;
mod table;
mod weights;

pub use deepen::Deepened;
pub use field::Field;
pub use forms::{Form, Split};
pub use graph::{Block, Graph, Node, NodeId, Op, Param, ParamKind};
pub use init::initial_weights;
pub use spec::{BlockKind, Family, Init, Norm, Order, Shortcut, Spec};
pub use surgery::{Cut, Operated, Surgery};
pub use table::{Layer, Table};
pub use weights::{Array, Weights};
