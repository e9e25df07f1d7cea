//! Every mistake a scenario can make, in one table: its stable code and what it means.

use std::fmt;

macro_rules! codes {
    ($($name:ident $text:literal $about:literal,)*) => {
        /// The stable code of a diagnostic. Codes are never reused for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $about] $name,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is printed, `E0203`.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means, in one line.
            pub fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }
    };
}

codes! {
    Unreadable "E0101" "The scenario cannot be read: it is missing, a folder, or not permitted.",
    NotUtf8 "E0102" "The scenario is not UTF-8 text.",
    TooLarge "E0103" "The scenario is larger than 8 MiB.",
    Empty "E0104" "The scenario holds nothing.",
    Syntax "E0105" "The text is not RON.",
    TooDeep "E0106" "Values are nested more than 128 deep.",
    DuplicateName "E0201" "Two things of one kind have the same name.",
    DuplicateField "E0202" "A field is given twice.",
    UnknownField "E0203" "A field does not exist here.",
    MissingField "E0204" "A field without a default is missing.",
    UnknownName "E0205" "A name refers to nothing that the scenario declares.",
    WrongNode "E0206" "A name refers to a node of the wrong kind.",
    BadName "E0207" "A name holds something besides letters, digits, `-` and `_`.",
    UnknownWord "E0208" "A word of the format does not exist or does not belong here.",
    WrongShape "E0301" "A value of another kind is expected here.",
    BadQuantity "E0302" "A number, duration, rate or ratio cannot be read.",
    WrongUnit "E0303" "A quantity has the wrong unit.",
    OutOfRange "E0304" "A value lies outside what is allowed.",
    NotFinite "E0305" "A number is infinite or not a number.",
    NotWhole "E0306" "A count does not come out whole.",
    BadDistribution "E0307" "A distribution's parameters contradict each other.",
    UnknownKnob "E0401" "A knob is used or set that the scenario does not declare.",
    KnobKind "E0402" "A knob is set to another kind of value than its default.",
    BadExpression "E0403" "A knob expression cannot be read or computed.",
    BadSet "E0404" "The value of a `--set` is not RON.",
    NothingToDo "E0501" "The scenario lacks a client, a flow or a design.",
    Warmup "E0502" "The warm-up is not shorter than the run.",
    NoStore "E0503" "An entity's owner has no store.",
    FloorAboveStart "E0504" "An entity starts below its floor.",
    AmbiguousGateway "E0505" "A client does not say which of several gateways it goes through.",
    CacheWithoutStore "E0506" "A service has a cache but no store behind it.",
    ForeignData "E0601" "A step reads or changes data that another service owns.",
    OwnData "E0602" "A step asks for data that the service itself owns.",
    TalksToItself "E0603" "A service tells or calls itself.",
    Misplaced "E0604" "A step may not stand here.",
    TooManyEffects "E0605" "A flow or a transaction holds too many effects.",
    TooLong "E0606" "A flow unrolls into too many steps.",
    PutUnseen "E0607" "A `Put` overwrites an item that the flow has not seen before.",
    BadUndo "E0608" "An undo does not fit its effect.",
    Unsupported "E0609" "A word of the language that cannot be simulated yet.",
    NotBlind "E0610" "An effect at a quorum is more than a blind write.",
    BrokerKind "E0701" "A design's broker is missing or of the wrong kind.",
    ProductRefuses "E0706" "Settings that the product itself refuses together.",
    Unreached "E0702" "An exception names an edge that no flow has.",
    CopyWithoutStore "E0703" "A service asks by local copy but has no store to keep it in.",
    JoinWithoutStore "E0704" "A service waits for several branches but has no store to count them in.",
    QuorumDesign "E0705" "A design needs more of a store than a quorum gives.",
    OutsideRun "E0801" "A fault starts after the run's end.",
    NoInstance "E0802" "A fault names an instance that the node does not have.",
    NotBreakable "E0803" "A fault does not apply to this kind of node.",
    NotLive "E0804" "A knob is turned on the way that is fixed when the run begins.",
    BadExpectation "E0901" "An expectation or a measure cannot be read.",
    UnknownMeasure "E0902" "An expectation or a measure names something that does not exist.",
    RefusalAfterTell "W0601" "A step may refuse after a tell that has no undo.",
    SameItem "W0602" "A `Repeat` reads the same item each time.",
    NobodyTells "W0801" "Instances come and go, and no registry tells their callers.",
    UnusedPolicy "W0701" "A policy is never used.",
    Keyless "W0702" "A log that is compacted refuses what a design publishes without a key.",
    UnusedKnob "W0401" "A knob is never used.",
    NoEffect "W0302" "A setting has no effect beside another.",
    ForEver "W0303" "A message may be sent again and again for ever.",
    PastExpiry "W0301" "A time to live is over before it begins.",
    Overload "W0202" "A node is asked for more than it can do.",
    ManyArrivals "W0201" "So many customers arrive that a run takes very long.",
}

impl Code {
    /// Is it only a warning?
    pub fn is_warning(self) -> bool {
        self.text().starts_with('W')
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_explained() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let text = code.text();
            assert!(seen.insert(text), "{text} twice");
            assert!(
                text.len() == 5 && text[1..].bytes().all(|byte| byte.is_ascii_digit()),
                "{text}"
            );
            assert!(matches!(&text[..1], "E" | "W"), "{text}");
            let about = code.about();
            assert!(
                about.ends_with('.') && !about.contains('\n') && about.len() < 100,
                "{text}: {about}"
            );
        }
    }
}
