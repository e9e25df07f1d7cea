//! What people and scripts read: one file per shape of result and format. A report reads outcomes
//! and comparisons and computes nothing that is not about showing; it knows no files, no streams.

pub mod baseline_json;
pub mod check_json;
pub mod columns;
pub mod compare_json;
pub mod compare_text;
pub mod compared;
pub mod drifted;
pub mod figures;
pub mod json;
pub mod judged;
pub mod markdown;
pub mod output;
pub mod paint;
pub mod replay_text;
pub mod run;
pub mod series;
pub mod shell;
mod story_causes;
pub mod story_text;
pub mod story_words;
#[cfg(test)]
pub mod synthetic;
pub mod table;
pub mod test_github;
pub mod test_json;
#[cfg(feature = "cli")]
pub mod test_junit;
pub mod test_markdown;
pub mod test_text;
pub mod text;
pub mod times;
pub mod validate_json;
pub mod validate_markdown;
pub mod validate_text;
pub mod validated;
