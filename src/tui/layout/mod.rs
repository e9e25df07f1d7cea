//! Where nodes and links stand on the map: the same for all designs, on every call. Integer places from a
//! graph; knows no run and no cell.
