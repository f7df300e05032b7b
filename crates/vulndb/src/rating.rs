//! Severity: what a vector means, and whose word counts first.

use std::str::FromStr;

use model::{Rating, Severity};

/// Fills what follows from the rest: the score from the vector, the word from the score. CVSS 2 has no "critical"
/// (its guide's bands are 0 to 3.9, 4.0 to 6.9, 7.0 to 10.0); CVSS 3 and 4 share their bands.
pub(crate) fn complete(rating: &Rating) -> (Severity, Option<f64>) {
    let vector = rating.vector.as_deref().and_then(|vector| cvss::Cvss::from_str(vector.trim()).ok());
    let score = vector.as_ref().map(cvss::Cvss::score).or(rating.score).filter(|score| score.is_finite());
    let severity = match (rating.severity, score) {
        (Severity::Unknown, Some(score)) => {
            let word = Severity::from_cvss_score(score);
            let second = matches!(vector, Some(cvss::Cvss::CvssV20(_)));
            if second && word == Severity::Critical { Severity::High } else { word }
        }
        (word, _) => word,
    };
    (severity, score)
}

/// Within one record: a word before a computed one, then the newest CVSS; within a CVE's: who assigned it (the CNA)
/// before CISA and others, as CISA itself says.
pub(crate) fn rank(source: &str, score: Option<f64>, vector: Option<&str>) -> (u8, u8) {
    let who = if source.starts_with("cna") { 0 } else { 1 };
    let what = match vector {
        None if score.is_none() => 0,
        Some(vector) if vector.starts_with("CVSS:4") => 1,
        Some(vector) if vector.starts_with("CVSS:3.1") => 2,
        Some(vector) if vector.starts_with("CVSS:3") => 3,
        None => 4,
        Some(_) => 5,
    };
    (who, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vector: &str) -> (Severity, Option<f64>) {
        complete(&Rating {
            source: "x".into(),
            severity: Severity::Unknown,
            score: None,
            vector: Some(vector.into()),
        })
    }

    #[test]
    fn scores_follow_from_vectors() {
        // Examples of the specifications' own example documents and of NVD.
        assert_eq!(of("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"), (Severity::Critical, Some(10.0)));
        assert_eq!(of("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"), (Severity::High, Some(7.8)));
        assert_eq!(of("AV:N/AC:L/Au:N/C:C/I:C/A:C"), (Severity::High, Some(10.0)));
        assert_eq!(
            of("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
            (Severity::Critical, Some(9.3))
        );
        assert_eq!(of("CVSS:3.1/nonsense"), (Severity::Unknown, None));
    }

    #[test]
    fn a_word_stays() {
        let rating =
            Rating { source: "ghsa".into(), severity: Severity::Low, score: Some(9.9), vector: None };
        assert_eq!(complete(&rating), (Severity::Low, Some(9.9)));
    }
}
