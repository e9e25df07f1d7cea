//! What the UI writes: worlds as scenario files, screens, histories. Files that somebody else wrote are
//! never overwritten.

use super::app::App;
use super::session::Outside;

/// Does what is to be done with files, and says how it went.
pub fn perform(outside: Outside, app: &mut App) {
    app.session.say(format!("{outside:?} cannot be done yet"));
}
