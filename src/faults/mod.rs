//! Faults: values that are consulted while they are active. The windows are drawn from the seed
//! before the run; nothing is ever undone.
