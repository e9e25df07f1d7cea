//! Why something is so, in a sentence: rules over facts, one a line. Where no rule fits it says
//! `see the lanes`, never a guess.
