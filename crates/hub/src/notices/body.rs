//! What is posted.

use serde_json::json;
use store::{Micros, notices::Notice, webhooks::Webhook};

use crate::http::wire;

/// The body of a notice in one of the forms of a webhook.
pub(super) fn of_notice(notice: &Notice, format: &str) -> String {
    let text = match notice.detail.as_str() {
        "" => notice.title.clone(),
        detail => format!("{}\n{detail}", notice.title),
    };
    let body = match format {
        "slack" => slack(notice.severity.as_str(), &text),
        _ => json!({
            "type": "notice",
            "notice": {
                "id": notice.id.to_string(),
                "kind": notice.kind,
                "severity": notice.severity.as_str(),
                "title": notice.title,
                "detail": notice.detail,
                "scope": notice.scope,
                "first": wire::time(notice.first),
                "last": wire::time(notice.last),
                "count": notice.count,
                "link": notice.link,
            },
        }),
    };
    body.to_string()
}

/// The body of a test.
pub(crate) fn of_test(webhook: &Webhook, now: Micros) -> String {
    let text = format!("Test of the webhook {}", webhook.name);
    let body = match webhook.settings.format.as_str() {
        "slack" => slack("test", &text),
        _ => json!({ "type": "test", "webhook": webhook.name, "at": wire::time(now), "title": text }),
    };
    body.to_string()
}

/// One message of Slack's incoming webhooks, which other chats take too. `&`, `<` and `>` are escaped as Slack asks, so
/// that a package's name makes no link and no mention.
fn slack(severity: &str, text: &str) -> serde_json::Value {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": format!("[{severity}] {text}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            id: 7,
            kind: "finding".to_owned(),
            scope: "shop".to_owned(),
            severity: model::Severity::Critical,
            title: "a <!channel> & \"b\"".to_owned(),
            detail: "In 3 images.".to_owned(),
            link: "/cve/CVE-2026-1".to_owned(),
            first: Micros(0),
            raised: Micros(0),
            last: Micros(1_000_000),
            count: 3,
            seen: false,
        }
    }

    #[test]
    fn a_body_says_what_the_interface_says() {
        let body: serde_json::Value = serde_json::from_str(&of_notice(&notice(), "json")).unwrap();
        assert_eq!(body["notice"]["count"], 3);
        assert_eq!(body["notice"]["last"], "1970-01-01T00:00:01Z");
        assert_eq!(body["notice"]["link"], "/cve/CVE-2026-1");
    }

    #[test]
    fn text_from_outside_mentions_nobody_in_a_chat() {
        let body: serde_json::Value = serde_json::from_str(&of_notice(&notice(), "slack")).unwrap();
        assert_eq!(body["text"], "[critical] a &lt;!channel&gt; &amp; \"b\"\nIn 3 images.");
    }
}
