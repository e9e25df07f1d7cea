//! How long the consumers of a `Kafka` wait for more than one record.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

const PAGE: &str = "https://kafka.apache.org/41/configuration/consumer-configs";

/// What a fetch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// So many records are enough.
    pub least: u32,
    /// It is answered then with what there is.
    pub max_wait: Span,
}

impl<'a> Reader<'a> {
    /// What fetches wait for, if any record is not enough.
    #[expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]
    pub(super) fn fetch(&mut self, fields: &Fields<'a>, record_size: u32) -> Option<Option<Fetch>> {
        let min_bytes = self.setting(fields, "fetch_min_bytes", Self::places);
        let max_wait = self.setting(fields, "fetch_max_wait", Self::positive_span);
        let fetch = Fetch { least: min_bytes?.div_ceil(record_size), max_wait: max_wait? };
        if fetch.least > 1 {
            return Some(Some(fetch));
        }
        for (product, field) in
            [("fetch.min.bytes", "fetch_min_bytes"), ("fetch.max.wait.ms", "fetch_max_wait")]
        {
            if let Some(at) = fields.get(field).map(Value::head) {
                let message = format!(
                    "{product} has no effect: a fetch that waits for {} bytes has them with the first record, of {record_size}",
                    min_bytes?
                );
                self.wrong(Code::NoEffect, at, message)
                    .help(format!("a larger `fetch_min_bytes`; see {PAGE}"));
            }
        }
        Some(None)
    }
}
