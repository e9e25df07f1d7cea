//! Mechanisms that the rooms are built from: they know time, handles and items, and no kind of node.

pub mod cache_store;
pub mod demand;
pub mod in_service;
pub mod keys;
pub mod limit;
pub mod replicas;
pub mod silence;
pub mod slab;
pub mod wait_queue;
