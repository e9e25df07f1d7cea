//! Chance: named random streams, stateless draws from one word, and popularity of keys.
//! Everything is keyed by stable names, never by dense ids, so that adding a node or a draw
//! somewhere leaves every other draw as it was. Knows no scenario and no time.

use std::sync::Arc;

use rand_chacha::ChaCha8Core;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::rand_core::block::Generator;

use super::dist::Dist;
use super::math;

/// 2^64 over the golden ratio: the step of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// As many words as there are.
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
/// 2^-53, the distance between neighbouring units.
const UNIT_STEP: f64 = 1.0 / (1u64 << 53) as f64;

/// A stable 64-bit hash of a name: FNV-1a over its bytes, then `SplitMix64`'s finaliser, because
/// FNV alone leaves the high bits of short names poor.
pub const fn name_hash(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    finalise(hash)
}

/// The draw called `name` of a random `word`: no state, no dependence on the order of draws.
///
/// This is output number `name` of a `SplitMix64` generator seeded with `word`. Its finaliser is a
/// bijection in which every input bit flips every output bit with a probability near one half (see
/// the tests), and `SplitMix64` passes `BigCrush` for names 0, 1, 2, ... from any seed. Draws of two
/// pairs coincide only where `word - word'` is exactly `(name' - name)` times an odd constant: for
/// words from `ChaCha8` one chance in 2^64. Nothing here resists an adversary; nothing here has one.
pub const fn mix(word: u64, name: u64) -> u64 {
    finalise(word.wrapping_add(name.wrapping_mul(GOLDEN)).wrapping_add(GOLDEN))
}

/// `SplitMix64`'s finaliser: a bijection with full avalanche.
const fn finalise(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A word as a number in `[0, 1)`, from its upper 53 bits.
pub fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * UNIT_STEP
}

/// A word as a number in `(0, 1]`, from its upper 53 bits: safe under a logarithm.
pub fn unit_above_zero(word: u64) -> f64 {
    ((word >> 11) + 1) as f64 * UNIT_STEP
}

/// A word as a whole number below `n` by one multiplication; zero if `n` is zero. The bias is at
/// most `n` in 2^64; [`Stream::below`] has none.
pub fn index(word: u64, n: u64) -> u64 {
    ((u128::from(word) * u128::from(n)) >> 64) as u64
}

/// A random stream with a stable name. Cloning it clones its position.
#[derive(Clone, Debug)]
pub struct Stream {
    core: ChaCha8Core,
    /// What it generates at once: words by their halves, the lower one first.
    words: [[u32; 2]; 32],
    /// The place of the next word among them; behind the last if all were drawn.
    next: usize,
}

impl Stream {
    /// The stream of this purpose at this instance of this node, under this seed.
    pub fn new(seed: u64, purpose: &str, node: &str, instance: u32) -> Self {
        let names = [name_hash(purpose), name_hash(node), u64::from(instance)];
        let mut key = [0; 32];
        for (lane, bytes) in key.chunks_exact_mut(8).enumerate() {
            let word = names.iter().fold(mix(seed, lane as u64), |word, name| mix(word, *name));
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self { core: ChaCha8Core::from_seed(key), words: [[0; 2]; 32], next: 32 }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        if self.next >= self.words.len() {
            self.generate();
        }
        let [low, high] = self.words[self.next];
        self.next += 1;
        u64::from(high) << 32 | u64::from(low)
    }

    #[inline(never)]
    fn generate(&mut self) {
        let halves = self.words.as_flattened_mut().try_into();
        self.core.generate(halves.expect("32 words have 64 halves"));
        self.next = 0;
    }

    /// The next number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        unit(self.next_u64())
    }

    /// The next whole number below `n`, without bias (Lemire's method); zero if `n` is zero.
    pub fn below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// The numbers below `n` in an order of which each is as likely (Fisher and Yates's shuffle).
    pub fn order(&mut self, n: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.below(last as u64 + 1) as usize);
        }
        order
    }

    /// The next draw from a distribution: always exactly one word of the stream, so that changing
    /// a distribution shifts no other draw.
    pub fn sample(&mut self, dist: &Dist) -> f64 {
        dist.sample(self.next_u64())
    }
}

/// Which of `n` keys is wanted, by inverse CDF from one word: a larger word never gives a lower
/// rank. Rank 0 is the most popular. Cloning shares the tables.
#[derive(Clone, Debug)]
pub struct Popularity {
    keys: u64,
    ranks: Option<Arc<Ranks>>,
}

#[derive(Debug)]
struct Ranks {
    /// The largest word that still means this rank; the last is `u64::MAX`.
    upto: Vec<u64>,
    /// By a word's upper bits: the first rank that such a word can mean, and one entry more.
    guide: Vec<u32>,
    shift: u32,
}

impl Popularity {
    /// All keys equally likely.
    pub fn uniform(keys: u64) -> Self {
        Self { keys, ranks: None }
    }

    /// Rank r with a weight of `1 / (r + 1)^exponent`. At most 2^32 - 1 keys.
    pub fn zipf(keys: u64, exponent: f64) -> Self {
        assert!(keys < u64::from(u32::MAX), "a Zipf popularity of {keys} keys is too large");
        if exponent == 0.0 || keys < 2 {
            return Self::uniform(keys);
        }
        Self::of_sums(&sums((1..=keys).map(|place| math::pow(place as f64, -exponent))))
    }

    /// Key k with the k-th of these weights, which are not negative and not all zero.
    pub fn weighted(weights: &[f64]) -> Self {
        Self::of_sums(&sums(weights.iter().copied()))
    }

    fn of_sums(sums: &[f64]) -> Self {
        let (keys, sum) = (sums.len(), sums.last().copied().expect("there is a key"));
        let mut upto: Vec<u64> = sums.iter().map(|part| (part / sum * TWO_TO_64) as u64).collect();
        upto[keys - 1] = u64::MAX;
        Self { keys: keys as u64, ranks: Some(Arc::new(Ranks::new(upto))) }
    }

    /// How many keys there are.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// The probability of a key.
    pub fn share(&self, key: u64) -> f64 {
        match &self.ranks {
            None => 1.0 / self.keys as f64,
            Some(ranks) => {
                let upto = |key: u64| ranks.upto[key as usize] as f64 / TWO_TO_64;
                upto(key) - key.checked_sub(1).map_or(0.0, upto)
            }
        }
    }

    /// The rank that a random word means.
    #[inline]
    pub fn pick(&self, word: u64) -> u64 {
        match &self.ranks {
            None => index(word, self.keys),
            Some(ranks) => u64::from(ranks.find(word)),
        }
    }
}

/// Each weight added to those before it.
fn sums(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |weight| {
        sum += weight;
        sum
    };
    weights.map(add).collect()
}

impl Ranks {
    fn new(upto: Vec<u64>) -> Self {
        let bits = upto.len().next_power_of_two().trailing_zeros().max(1);
        let shift = 64 - bits;
        let mut guide: Vec<u32> = (0..1u64 << bits)
            .map(|bucket| upto.partition_point(|last| *last < bucket << shift) as u32)
            .collect();
        guide.push(upto.len() as u32 - 1);
        Self { upto, guide, shift }
    }

    fn find(&self, word: u64) -> u32 {
        let bucket = (word >> self.shift) as usize;
        let (from, to) = (self.guide[bucket], self.guide[bucket + 1]);
        let between = &self.upto[from as usize..to as usize];
        from + between.partition_point(|last| *last < word) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_words_never_change() {
        // Computed apart from this code, ChaCha8 included.
        assert_eq!(name_hash(""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(name_hash("orders"), 0x4598_7d0b_68fc_7229);
        assert_eq!(mix(1, 2), 0xf893_a2ee_fb32_555e);
        let mut stream = Stream::new(7, "service", "orders", 1);
        let words: [u64; 3] = std::array::from_fn(|_| stream.next_u64());
        assert_eq!(words, [0x4ba8_35d4_a59f_e0cf, 0xfe18_eea6_6a8a_4118, 0x0e48_41bd_500c_90a3]);
    }

    #[test]
    fn mix_is_splitmix64() {
        // The reference implementation's first three outputs from seed 1234567.
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|name| mix(1_234_567, name)), expected);
    }

    #[test]
    fn every_bit_of_word_and_name_flips_every_bit_of_the_draw_half_the_time() {
        const TRIALS: u32 = 4_000;
        for bit in 0..64 {
            let mut by_word = [0u32; 64];
            let mut by_name = [0u32; 64];
            for trial in 0..TRIALS {
                let (word, name) = (mix(99, u64::from(trial)), mix(77, u64::from(trial)));
                let plain = mix(word, name);
                let flipped = [mix(word ^ (1 << bit), name), mix(word, name ^ (1 << bit))];
                for out in 0..64 {
                    by_word[out] += ((plain ^ flipped[0]) >> out & 1) as u32;
                    by_name[out] += ((plain ^ flipped[1]) >> out & 1) as u32;
                }
            }
            for flips in by_word.into_iter().chain(by_name) {
                let share = f64::from(flips) / f64::from(TRIALS);
                assert!((share - 0.5).abs() < 0.05, "bit {bit}: {share}");
            }
        }
    }

    #[test]
    fn draws_by_name_are_uniform_and_independent_of_each_other() {
        let (first, second) = (name_hash("stock"), name_hash("payment"));
        let mut cells = vec![0u32; 32 * 32];
        let mut stream = Stream::new(3, "operation", "web", 0);
        for _ in 0..200_000 {
            let word = stream.next_u64();
            let cell = index(mix(word, first), 32) * 32 + index(mix(word, second), 32);
            cells[cell as usize] += 1;
        }
        let expected = 200_000.0 / 1024.0;
        let chi_square: f64 = cells
            .iter()
            .map(|seen| f64::from(*seen) - expected)
            .map(|excess| excess * excess / expected)
            .sum();
        // 1023 degrees of freedom: mean 1023, standard deviation 45.
        assert!((chi_square - 1023.0).abs() < 5.0 * 45.2, "{chi_square}");
    }

    #[test]
    fn each_part_of_a_streams_name_matters() {
        let first =
            |seed, purpose, node, instance| Stream::new(seed, purpose, node, instance).next_u64();
        let words = [
            first(1, "a", "b", 0),
            first(2, "a", "b", 0),
            first(1, "b", "b", 0),
            first(1, "a", "a", 0),
            first(1, "a", "b", 1),
            first(1, "b", "a", 0),
        ];
        for (at, word) in words.iter().enumerate() {
            assert!(!words[..at].contains(word), "{at}");
        }
    }

    #[test]
    fn units_keep_to_their_interval() {
        assert_eq!((unit(0), unit_above_zero(u64::MAX)), (0.0, 1.0));
        assert!(unit(u64::MAX) < 1.0 && unit_above_zero(0) > 0.0);
    }

    #[test]
    fn below_is_below_and_reaches_everything() {
        let mut stream = Stream::new(5, "below", "", 0);
        let mut seen = [0u32; 7];
        for _ in 0..7_000 {
            seen[stream.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.below(1), 0);
        assert!(stream.below(u64::MAX / 2 + 2) <= u64::MAX / 2 + 1);
    }

    #[test]
    fn zipf_shares_follow_the_law_and_grow_with_the_word() {
        const DRAWS: u64 = 1 << 20;
        let zipf = Popularity::zipf(1_000, 0.99);
        let total: f64 = (1..=1_000).map(|place| math::pow(f64::from(place), -0.99)).sum();
        let mut seen = vec![0u32; 1_000];
        let mut before = 0;
        for draw in 0..DRAWS {
            let rank = zipf.pick(draw << 44 | 1 << 43);
            assert!(rank >= before);
            before = rank;
            seen[rank as usize] += 1;
        }
        for (rank, count) in seen.iter().enumerate() {
            let expected = math::pow(rank as f64 + 1.0, -0.99) / total * DRAWS as f64;
            assert!((f64::from(*count) - expected).abs() < 1.5, "{rank}: {count} {expected}");
        }
    }

    #[test]
    fn given_weights_are_drawn_in_their_proportion() {
        let weighted = Popularity::weighted(&[5.0, 0.0, 3.0, 2.0]);
        let mut seen = [0u32; 4];
        (0..1_000u64).for_each(|draw| {
            seen[weighted.pick(draw * (u64::MAX / 1_000) + 7) as usize] += 1;
        });
        assert_eq!(weighted.keys(), 4);
        assert!(
            [0.5, 0.0, 0.3, 0.2]
                .iter()
                .zip(0..)
                .all(|(share, key)| (weighted.share(key) - share).abs() < 1e-12)
        );
        assert!(seen[1] <= 1 && seen[0].abs_diff(500) <= 1 && seen[2].abs_diff(300) <= 1);
    }

    #[test]
    fn extreme_words_find_the_first_and_the_last_key() {
        for keys in [1, 2, 3, 5, 64, 1_000, 100_000] {
            for exponent in [0.0, 0.5, 1.0, 3.0, 30.0] {
                let popularity = Popularity::zipf(keys, exponent);
                assert_eq!(popularity.pick(0), 0);
                // A share below 2^-64 is never drawn.
                let last = if exponent < 30.0 { keys - 1 } else { popularity.pick(u64::MAX) };
                assert_eq!(popularity.pick(u64::MAX), last, "{keys} {exponent}");
                assert!(last < keys.max(1));
            }
        }
    }
}
