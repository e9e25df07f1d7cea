//! Portable mathematics: the transcendental functions of the pinned `libm`, which give the same
//! bits on every platform, and what the samplers need beyond them in plain IEEE arithmetic.
//! Knows no distribution and no chance.

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// The exponential function.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Square root; IEEE demands the exact rounding, so the machine's own is portable.
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample (n - 1); `None` below two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The probability that a standard normal variable is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The inverse of [`normal_cdf`]: infinite at 0 and 1. Wichura's algorithm AS 241 (PPND16), good
/// to about 1 part in 10^16.
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    normal_by_halves(p - 0.5, p.min(1.0 - p))
}

/// A standard normal draw by inversion from one word: grows with the word, exactly symmetric, and
/// finite for every word.
pub fn normal_of(word: u64) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 54) as f64;
    let odd = ((word >> 11) << 1 | 1) as i64 - (1 << 53);
    normal_by_halves(odd as f64 * STEP, ((1 << 53) - odd.abs()) as f64 * STEP)
}

/// The quantile at `0.5 + centred`, where the nearer tail has the probability `tail`: taking both
/// keeps the digits that subtracting from one would lose.
fn normal_by_halves(centred: f64, tail: f64) -> f64 {
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * ratio(&CENTRE, r);
    }
    let r = sqrt(-ln(tail));
    let size = if r <= 5.0 { ratio(&SHOULDER, r - 1.6) } else { ratio(&TAIL, r - 5.0) };
    if centred < 0.0 { -size } else { size }
}

/// A quotient of two polynomials, coefficients from the constant up.
fn ratio(of: &[[f64; 8]; 2], x: f64) -> f64 {
    let [above, below] =
        of.map(|coefficients| coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c));
    above / below
}

#[expect(clippy::excessive_precision, reason = "as published")]
const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_608_0e0,
        1.331_416_678_917_843_774_5e2,
        1.971_590_950_306_551_442_7e3,
        1.373_169_376_550_946_112_5e4,
        4.592_195_393_154_987_145_7e4,
        6.726_577_092_700_870_085_3e4,
        3.343_057_558_358_812_810_5e4,
        2.509_080_928_730_122_672_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083_0e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061_0e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561_0e3,
    ],
];

#[expect(clippy::excessive_precision, reason = "as published")]
const SHOULDER: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_577_34e0,
        4.630_337_846_156_545_295_90e0,
        5.769_497_221_460_691_405_50e0,
        3.647_848_324_763_204_605_04e0,
        1.270_458_252_452_368_382_58e0,
        2.417_807_251_774_506_117_70e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_40e-4,
    ],
    [
        1.0,
        2.053_191_626_637_758_821_87e0,
        1.676_384_830_183_803_849_40e0,
        6.897_673_349_851_000_045_50e-1,
        1.481_039_764_274_800_745_90e-1,
        1.519_866_656_361_645_719_66e-2,
        5.475_938_084_995_344_946_00e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
];

#[expect(clippy::excessive_precision, reason = "as published")]
const TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103_777_20e0,
        5.463_784_911_164_114_369_90e0,
        1.784_826_539_917_291_335_80e0,
        2.965_605_718_285_048_912_30e-1,
        2.653_218_952_657_612_309_30e-2,
        1.242_660_947_388_078_438_60e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        1.0,
        5.998_322_065_558_879_376_90e-1,
        1.369_298_809_227_358_053_10e-1,
        1.487_536_129_085_061_485_25e-2,
        7.868_691_311_456_132_591_00e-4,
        1.846_318_317_510_054_681_80e-5,
        1.421_511_758_316_445_888_70e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
];

/// `-ln(U)`, where U in `(0, 1]` is `word`'s upper 53 bits plus one, over 2^53: a standard
/// exponential draw by inversion, at about half the cost of `libm`'s logarithm.
///
/// U is written as `z * 2^-halvings` with z near one, z's interval gives a centre c with a
/// tabulated reciprocal and logarithm, and what is left, `ln(1 + (z - c) / c)` with an argument
/// below 2^-8, is a polynomial of degree six. `z - c` is exact; and around one c is one itself, so
/// that even the smallest draws keep all their digits.
pub fn neg_ln_unit(word: u64) -> f64 {
    let whole = (((word >> 11) + 1) as i64) as f64;
    let offset = whole.to_bits() - BOTTOM;
    let exponent = offset >> 52;
    let centre = &LOGARITHMS.centres[(offset >> (52 - CENTRE_BITS)) as usize % (1 << CENTRE_BITS)];
    let (high, low) = LOGARITHMS.octaves[exponent as usize % 64];
    let z = f64::from_bits(whole.to_bits() - (exponent << 52));
    let f = (z - centre.at) * centre.reciprocal;
    let square = f * f;
    let tail = (0.5 - f * (1.0 / 3.0)) + square * ((0.25 - f * 0.2) + square * (1.0 / 6.0));
    (high - centre.ln) + (low + (square * tail - f))
}

/// ln 2 in two parts; a small whole number times the first is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Intervals per octave: 2^8.
const CENTRE_BITS: u32 = 8;
/// The bits of 0.6875, where the octave of z begins.
const BOTTOM: u64 = 0x3fe6_0000_0000_0000;

#[derive(Clone, Copy)]
struct Centre {
    at: f64,
    reciprocal: f64,
    ln: f64,
}

struct Logarithms {
    centres: [Centre; 1 << CENTRE_BITS],
    /// By exponent from [`BOTTOM`] on: what its halvings come to, in two parts. There are 54.
    octaves: [(f64, f64); 64],
}

static LOGARITHMS: Logarithms = Logarithms { centres: centres(), octaves: octaves() };

const fn octaves() -> [(f64, f64); 64] {
    let mut table = [(0.0, 0.0); 64];
    let mut exponent = 0;
    while exponent < 53 {
        let halvings = (53 - exponent) as f64;
        table[exponent] = (halvings * LN_2_HIGH, halvings * LN_2_LOW);
        exponent += 1;
    }
    table
}

const fn centres() -> [Centre; 1 << CENTRE_BITS] {
    let mut table = [Centre { at: 1.0, reciprocal: 1.0, ln: 0.0 }; 1 << CENTRE_BITS];
    let mut at = 0;
    while at < table.len() {
        let from = BOTTOM + ((at as u64) << (52 - CENTRE_BITS));
        let to = from + (1 << (52 - CENTRE_BITS));
        if to != 1f64.to_bits() && from != 1f64.to_bits() {
            let centre = f64::midpoint(f64::from_bits(from), f64::from_bits(to));
            table[at] = Centre { at: centre, reciprocal: 1.0 / centre, ln: ln_near_one(centre) };
        }
        at += 1;
    }
    table
}

/// `ln x = 2 artanh((x - 1) / (x + 1))` by its series, for x in 0.6 to 1.5, at compile time.
const fn ln_near_one(x: f64) -> f64 {
    let s = (x - 1.0) / (x + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut n = 31;
    while n > 1 {
        sum = sum * square + 1.0 / n as f64;
        n -= 2;
    }
    2.0 * s + 2.0 * s * square * sum
}

/// The exponential function for draws: within six parts in 10^16 of [`exp`], at less than half its
/// cost.
///
/// x is written as `(128 octaves + part) * ln 2 / 128 + r`; two to the `part / 128` is tabulated,
/// and r, below 0.003, is left to a polynomial of degree five.
pub fn exp_fast(x: f64) -> f64 {
    if x.abs() >= 700.0 || x.is_nan() {
        return exp(x);
    }
    let whole = (x * (128.0 / std::f64::consts::LN_2) + 0.5f64.copysign(x)) as i64;
    let r = (x - whole as f64 * (LN_2_HIGH / 128.0)) - whole as f64 * (LN_2_LOW / 128.0);
    let power = POWERS[whole as usize % POWERS.len()];
    let square = r * r;
    let near = r + square * ((0.5 + r * (1.0 / 6.0)) + square * (1.0 / 24.0 + r * (1.0 / 120.0)));
    let octaves = f64::from_bits(((1023 + (whole >> 7)) as u64) << 52);
    (power + power * near) * octaves
}

/// Two to the 0/128, 1/128, ... 127/128.
static POWERS: [f64; 128] = powers();

const fn powers() -> [f64; 128] {
    let mut table = [1.0; 128];
    let mut part = 1;
    while part < table.len() {
        let x = part as f64 / 128.0 * std::f64::consts::LN_2;
        let mut n = 24;
        let mut sum = 1.0;
        while n > 0 {
            sum = 1.0 + sum * x / n as f64;
            n -= 1;
        }
        table[part] = sum;
        part += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::chance::{mix, unit_above_zero};

    const TWO_TO_63: f64 = (1u64 << 63) as f64;

    fn close(found: f64, expected: f64, relative: f64) -> bool {
        (found - expected).abs() <= relative * expected.abs()
    }

    #[test]
    fn fast_logarithm_agrees_with_libm() {
        let near_one = (0..20_000).map(|n| (u64::MAX - n * n * n) << 11);
        let near_zero = (0..20_000).map(|n| n << 11);
        let powers = (0..64).flat_map(|n| [(1u64 << n) - 1, 1 << n, u64::MAX >> n]);
        let random = (0..200_000).map(|n| mix(8, n));
        let boundaries = (0..4096u64).flat_map(|n| {
            let edge = n << 52;
            [edge.wrapping_sub(1 << 11), edge, edge + (1 << 11)]
        });
        for word in near_one.chain(near_zero).chain(powers).chain(random).chain(boundaries) {
            let (found, expected) = (neg_ln_unit(word), -libm::log(unit_above_zero(word)));
            assert!(close(found, expected, 1e-13), "{word:#x}: {found:e} {expected:e}");
        }
    }

    #[test]
    fn fast_exponential_agrees_with_libm() {
        let near_zero = (0..2_000).map(|n| (f64::from(n) - 1_000.0) * 1e-9);
        let random = (0..200_000).map(|n| (mix(6, n) as i64) as f64 / TWO_TO_63);
        let wide = random.clone().map(|x| x * 699.9);
        let extreme = [0.0, 700.0, -700.0, 800.0, -800.0, f64::INFINITY, f64::NEG_INFINITY];
        for x in near_zero.chain(random).chain(wide).chain(extreme) {
            let (found, expected) = (exp_fast(x), exp(x));
            let exact = found == expected;
            assert!(exact || close(found, expected, 6e-16), "{x}: {found:e} {expected:e}");
        }
        assert!(exp_fast(f64::NAN).is_nan());
    }

    #[test]
    fn fast_logarithm_never_rises_where_it_is_finest() {
        let mut before = neg_ln_unit(u64::MAX);
        assert_eq!(before, 0.0);
        for n in 1..1_000_000 {
            let now = neg_ln_unit(u64::MAX - (n << 11));
            assert!(now > before);
            before = now;
        }
    }

    #[test]
    fn golden_bits_never_change() {
        let fast = [0, 1 << 40, 1 << 63, 0x0123_4567_89ab_cdef, u64::MAX - 5_000]
            .map(|word| neg_ln_unit(word).to_bits());
        assert_eq!(
            fast,
            [
                0x4042_5e4f_7b27_37fa,
                0x4030_a2b2_3f33_ab73,
                0x3fe6_2e42_fefa_39ed,
                0x4015_aa16_394d_4818,
                0x3cb0_0000_0000_0001
            ]
        );
        let normal = [0, 1 << 40, 1 << 60, 0x0123_4567_89ab_cdef, u64::MAX]
            .map(|word| normal_of(word).to_bits());
        assert_eq!(
            normal,
            [
                0xc020_95b0_59d6_7c4c,
                0xc015_2dc6_e856_de54,
                0xbff8_8bc1_fbe1_daba,
                0xc004_ee2d_c0a9_dffd,
                0x4020_95b0_59d6_7c4c
            ]
        );
        let plain = [exp_fast(1.5), exp_fast(-9.9), ln(3.0), exp(1.5), pow(2.5, -0.99), sqrt(2.0)]
            .map(f64::to_bits);
        assert_eq!(
            plain,
            [
                0x4011_ed3f_e64f_c542,
                0x3f0a_4e54_f2b9_cfe3,
                0x3ff1_93ea_7aad_030a,
                0x4011_ed3f_e64f_c541,
                0x3fd9_d5ed_0d8d_7fb0,
                0x3ff6_a09e_667f_3bcd
            ]
        );
    }

    #[test]
    fn normal_quantiles_are_the_published_ones() {
        // R: qnorm(c(0.975, 0.99, 0.999, 1e-10, 0.25), digits = 16)
        for (p, expected) in [
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
            (0.999, 3.090_232_306_167_813_5),
            (1e-10, -6.361_340_902_404_056),
            (0.25, -0.674_489_750_196_081_7),
        ] {
            assert!(close(normal_quantile(p), expected, 1e-14), "{p}");
        }
    }

    #[test]
    fn normal_quantile_inverts_the_normal_probability() {
        for n in 1..1_000 {
            let p = f64::from(n) / 1_000.0;
            assert!(close(normal_cdf(normal_quantile(p)), p, 1e-14), "{p}");
        }
    }

    #[test]
    fn normal_draws_are_symmetric_and_finite() {
        for word in (0..1_000).map(|n| mix(4, n)).chain([0, 1 << 63, u64::MAX]) {
            assert_eq!(normal_of(word), -normal_of(!word));
            assert!(normal_of(word).is_finite());
        }
        assert!(normal_of(u64::MAX) > 8.2);
    }
}
