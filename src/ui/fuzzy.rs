//! How well a few typed letters fit a sentence.

/// How well `query` fits: every word of it must be in `text` as a subsequence; runs of letters and beginnings of words
/// count for more. `None` where it does not fit.
pub fn fit(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut sum = 0;
    for word in query.to_lowercase().split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        let starts = (0..text.len()).filter(|&start| text[start] == word[0]);
        sum += starts.filter_map(|start| along(&word, &text, start)).max()?;
    }
    Some(sum)
}

/// The same where every word of `query` must begin a word of `text`; Chinese has no spaces, so that it may be anywhere there.
pub fn fit_words(query: &str, text: &str) -> Option<i32> {
    let (query, text) = (query.to_lowercase(), text.to_lowercase());
    let begins = |(at, _): (usize, &str)| !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
    let known = |word: &str| text.match_indices(word).any(begins);
    let letters = query.split_whitespace().map(|word| word.chars().count() as i32);
    query.split_whitespace().all(known).then(|| 4 * letters.sum::<i32>())
}

/// Takes the letters as early as they come from `start` on.
fn along(word: &[char], text: &[char], start: usize) -> Option<i32> {
    let (mut at, mut score, mut last) = (start, 0, None);
    for &letter in word {
        let found = at + text[at..].iter().position(|&other| other == letter)?;
        let begins = found == 0 || !text[found - 1].is_alphanumeric();
        let follows = last.is_some_and(|last: usize| last + 1 == found);
        score += 1 + if begins { 6 } else { 0 } + if follows { 4 } else { 0 };
        if let Some(last) = last {
            score -= (found - last) as i32 / 4;
        }
        (at, last) = (found + 1, Some(found));
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_must_come_in_their_order() {
        assert!(fit("wth", "Gradient weather").is_some());
        assert!(fit("wht", "Gradient weather").is_none());
        assert!(fit("van grad", "Vanishing gradients").is_some());
        assert!(fit("grad van", "Vanishing gradients").is_some());
        assert_eq!(fit("", "anything"), Some(0));
        assert!(fit("恢复", "恢复网络").is_some());
    }

    #[test]
    fn words_must_begin_words() {
        let hint = "Landscape The training loss around the weights";
        assert!(fit_words("loss landsc", hint).is_some() && fit_words("around", hint).is_some());
        assert!(fit_words("scape", hint).is_none() && fit_words("loss ghts", hint).is_none());
        assert!(fit_words("损失", "权重附近的训练损失").is_some());
    }

    #[test]
    fn beginnings_and_runs_of_letters_come_first() {
        let better = |query, a, b| assert!(fit(query, a) > fit(query, b), "{query}: {a} before {b}");
        better("cur", "Show the panel Curves", "Close the panel of our run");
        better("sp", "Show the panel", "inspect");
        better("lecture", "Arrange: Lecture", "Look at the cautious texture");
    }
}
