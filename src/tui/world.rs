//! Worlds: recipes, each its parent plus one change, in a tree; and the rule that says when a change
//! forks. Knows no run: whoever computes one does it from a recipe.

use std::sync::Arc;

use super::place::WorldId;
use crate::base::Time;
use crate::scenario::Loaded;
use crate::scenario::tree::{Intervention, Scenario};

/// A world's recipe: all that a run of it is made of, but for the design.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The scenario as it is from the start, with all changes of the file and without those below.
    pub scenario: Arc<Scenario>,
    /// The text of its file.
    pub source: Arc<str>,
    /// The seed.
    pub seed: u64,
    /// The knobs that were turned from the start, as the command line would say them.
    pub set: Vec<(String, String)>,
    /// What was done to it while it went on, beyond what the file says; in the order of time.
    pub changes: Vec<Change>,
}

/// A change that a person made.
#[derive(Clone, Debug)]
pub struct Change {
    /// What, and when.
    pub what: Intervention,
    /// As it stands in the file: the item of `changes`.
    pub text: String,
    /// The only design that it befalls, if not all.
    pub only: Option<usize>,
}

/// A world of the tree.
#[derive(Clone, Debug)]
pub struct World {
    /// Its name, unique.
    pub name: String,
    /// What it is made of.
    pub recipe: Arc<Recipe>,
    /// Of which it is a fork; none for `base`.
    pub parent: Option<WorldId>,
    /// From when on it differs from its parent; zero if from the start.
    pub forked: Time,
    /// In words, how.
    pub about: String,
    /// The farthest moment at which the cursor has been in it.
    pub frontier: Time,
    /// Written to a file as it is.
    pub is_saved: bool,
    /// Dropped: its number stays taken.
    pub is_dropped: bool,
}

/// All worlds, by their numbers.
#[derive(Clone, Debug)]
pub struct Worlds {
    all: Vec<World>,
}

impl Worlds {
    /// `base` alone: the scenario as written, with these knobs turned as it was loaded. Without the text of
    /// its file nothing can be changed in its words; see [`Self::open`].
    pub fn new(scenario: Arc<Scenario>, seed: u64, set: Vec<(String, String)>) -> Self {
        Self::of(scenario, "".into(), seed, set)
    }

    /// The same of a file that was loaded.
    pub fn open(loaded: Loaded, seed: u64, set: Vec<(String, String)>) -> Self {
        let source = loaded.source().text().into();
        Self::of(Arc::new(loaded.scenario), source, seed, set)
    }

    fn of(
        scenario: Arc<Scenario>,
        source: Arc<str>,
        seed: u64,
        set: Vec<(String, String)>,
    ) -> Self {
        let about = format!("as written, seed {seed}");
        let recipe = Arc::new(Recipe { scenario, source, seed, set, changes: Vec::new() });
        let base = World {
            name: "base".to_owned(),
            recipe,
            parent: None,
            forked: Time::ZERO,
            about,
            frontier: Time::ZERO,
            is_saved: true,
            is_dropped: false,
        };
        Self { all: vec![base] }
    }

    /// One of them.
    pub fn get(&self, id: WorldId) -> &World {
        &self.all[usize::from(id.0)]
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, id: WorldId) -> &mut World {
        &mut self.all[usize::from(id.0)]
    }

    /// Those that were not dropped.
    pub fn iter(&self) -> impl Iterator<Item = (WorldId, &World)> {
        (0..).map(WorldId).zip(&self.all).filter(|(_, world)| !world.is_dropped)
    }

    /// All recipes by number; none where a world was dropped.
    pub fn recipes(&self) -> Vec<Option<Arc<Recipe>>> {
        let recipe = |world: &World| (!world.is_dropped).then(|| Arc::clone(&world.recipe));
        self.all.iter().map(recipe).collect()
    }

    /// A further world; says its number.
    pub fn add(&mut self, world: World) -> WorldId {
        self.all.push(world);
        WorldId(self.all.len() as u16 - 1)
    }
}
