//! A broker between dumb publishers and consumers, for tests.
