//! Texts with words as frequent as words are: the n-th comes about 1/n as often as the first.

/// The n-th word: different ones share their beginnings, as words do.
pub fn word(n: usize) -> String {
    const PARTS: [&str; 16] = ["ka", "ro", "min", "ta", "lo", "ver", "si", "pan", "de", "gu", "nor", "fi", "bel", "zo", "tra", "hem"];
    let mut n = n + 16;
    let mut word = String::new();
    while n > 0 {
        word.push_str(PARTS[n % 16]);
        n /= 16;
    }
    word
}

/// The n-th Chinese character.
pub fn han(n: usize) -> char {
    char::from_u32(0x4E00 + (n as u32 * 7) % 3_000).unwrap_or('一')
}

/// The n-th Chinese word of two characters.
pub fn pair(n: usize) -> String {
    [han(n % 211), han(n * 3 % 1_009)].iter().collect()
}

/// A source of numbers that are always the same.
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Up to `most`, small numbers more often: Zipf's law, about.
    fn zipf(&mut self, most: usize) -> usize {
        let unit = (self.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        ((most as f64).powf(unit) - 1.0) as usize
    }

    /// A message of 20 to 100 words; every fourth is Chinese.
    pub fn text(&mut self) -> String {
        let length = 20 + (self.roll() % 80) as usize;
        let chinese = self.roll().is_multiple_of(4);
        let mut text = String::new();
        for n in 0..length {
            if chinese {
                text.push_str(&pair(self.zipf(20_000)));
                if n % 9 == 8 {
                    text.push('，');
                }
            } else {
                text.push_str(&word(self.zipf(50_000)));
                text.push(' ');
            }
        }
        text
    }
}
