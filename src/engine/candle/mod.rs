//! The reference engine: candle operations forward, candle's autograd backward.
