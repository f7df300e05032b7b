//! Notices, who has seen them, and what is on its way to webhooks.

use model::Severity;
use store::{
    Micros, PageRequest, StoreError, Tx,
    notices::{self, Filter, NewNotice, Notice, QUIET},
    scopes::{self, Scope},
    users,
    webhooks::{self, Attempted, DeliveryState, Settings, Webhook},
};

use crate::harness::{Db, on_both};

on_both! {
    what_happens_again_is_one_notice_and_unread_again_after_a_day_of_quiet,
    notices_are_those_of_the_scopes_and_seen_by_each_alone,
    a_webhook_has_its_secret_and_goes_with_its_deliveries,
    a_delivery_is_taken_by_one_and_tried_until_it_is_given_up,
}

fn scope(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    let parent = Some(id.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned()));
    scopes::create(tx, &Scope { id: id.to_owned(), parent, name: id.to_owned(), created: Micros(1) })
}

fn user(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    let user = users::User {
        id: id.to_owned(),
        name: id.to_owned(),
        password_hash: "x".to_owned(),
        created: Micros(1),
        disabled: false,
    };
    users::create(tx, &user)
}

fn new<'a>(key: &'a str, scope: &'a str) -> NewNotice<'a> {
    NewNotice {
        key,
        kind: "finding",
        scope,
        severity: Severity::High,
        title: key,
        detail: "",
        link: "/cve/x",
        count: 2,
    }
}

fn all(tx: &mut Tx<'_>, within: &[&str], user: &str) -> Result<Vec<Notice>, StoreError> {
    let within = within.iter().map(|scope| (*scope).to_owned()).collect();
    let filter = Filter { within, ..Filter::default() };
    let listed = notices::list(tx, &filter, user, &PageRequest::default())?.items;
    assert_eq!(notices::count(tx, &filter, user)?, listed.len() as u64);
    Ok(listed)
}

async fn what_happens_again_is_one_notice_and_unread_again_after_a_day_of_quiet(db: Db) {
    db.store
        .write(|tx| {
            user(tx, "jane")?;
            let first = notices::raise(tx, &new("a", ""), Micros(10))?;
            assert!(first.anew);
            notices::see(tx, first.id, "jane", Micros(11))?;
            let again = notices::raise(tx, &new("a", ""), Micros(20))?;
            assert_eq!((again.id, again.anew), (first.id, false));
            // The clock was set back: times never go back.
            notices::raise(tx, &new("a", ""), Micros(5))?;
            let [notice] = all(tx, &[""], "jane")?.try_into().unwrap();
            assert_eq!((notice.first, notice.last, notice.count), (Micros(10), Micros(20), 6));
            assert!(notice.seen, "it never was quiet");
            assert_eq!((notices::last(tx, "a")?, notices::last(tx, "b")?), (Some(Micros(20)), None));
            assert_eq!(notices::since(tx, Micros(10), 9)?, [(first.id, String::new(), Micros(20))]);
            let later = Micros(20).plus(QUIET);
            let worse = NewNotice { severity: Severity::Critical, title: "worse", ..new("a", "") };
            assert!(notices::raise(tx, &worse, later)?.anew);
            let [notice] = all(tx, &[""], "jane")?.try_into().unwrap();
            assert_eq!((notice.seen, notice.raised, notice.first), (false, later, Micros(10)));
            assert_eq!((notice.title.as_str(), notice.severity), ("worse", Severity::Critical));
            assert_eq!(notices::forget(tx, later)?, 0);
            assert_eq!(notices::forget(tx, later.plus(1))?, 1);
            assert_eq!(notices::find(tx, first.id, "jane")?, None);
            Ok(())
        })
        .await
        .unwrap();
}

async fn notices_are_those_of_the_scopes_and_seen_by_each_alone(db: Db) {
    db.store
        .write(|tx| {
            for id in ["shop", "shop/web", "shopping"] {
                scope(tx, id)?;
            }
            user(tx, "jane")?;
            user(tx, "john")?;
            for (at, (key, scope)) in
                (10..).zip([("a", ""), ("b", "shop"), ("c", "shop/web"), ("d", "shopping")])
            {
                notices::raise(tx, &new(key, scope), Micros(at))?;
            }
            let titles = |found: Vec<Notice>| found.into_iter().map(|n| n.title).collect::<Vec<_>>();
            assert_eq!(titles(all(tx, &[""], "jane")?), ["d", "c", "b", "a"]);
            assert_eq!(titles(all(tx, &["shop"], "jane")?), ["c", "b"]);
            assert_eq!(titles(all(tx, &[], "jane")?), [""; 0]);
            let filter = Filter { within: vec![String::new()], ..Filter::default() };
            let below = Filter { scope: "shop".to_owned(), ..filter.clone() };
            assert_eq!(notices::count(tx, &below, "jane")?, 2);
            assert_eq!(notices::see_all(tx, &below, "jane", Micros(30))?, 2);
            assert_eq!(notices::see_all(tx, &below, "jane", Micros(31))?, 0);
            let unread = Filter { seen: Some(false), ..filter.clone() };
            let read = Filter { seen: Some(true), ..filter };
            assert_eq!((notices::count(tx, &unread, "jane")?, notices::count(tx, &read, "jane")?), (2, 2));
            assert_eq!((notices::count(tx, &unread, "john")?, notices::count(tx, &read, "john")?), (4, 0));
            // A scope goes with its notices.
            tx.execute("DELETE FROM scope WHERE id = 'shopping'", &[])?;
            assert_eq!(titles(all(tx, &[""], "jane")?), ["c", "b", "a"]);
            Ok(())
        })
        .await
        .unwrap();
}

fn webhook(name: &str, scope: &str) -> Webhook {
    Webhook {
        id: 0,
        name: name.to_owned(),
        url: "https://hooks.test/1".to_owned(),
        scope: scope.to_owned(),
        settings: Settings::default(),
        on: true,
        created: Micros(1),
    }
}

async fn a_webhook_has_its_secret_and_goes_with_its_deliveries(db: Db) {
    db.store
        .write(|tx| {
            for id in ["shop", "shop/web", "bank"] {
                scope(tx, id)?;
            }
            let ids: Vec<i64> = [("c", ""), ("b", "shop"), ("a", "shop/web"), ("d", "bank")]
                .into_iter()
                .map(|(name, scope)| webhooks::create(tx, &webhook(name, scope)))
                .collect::<Result<_, _>>()?;
            webhooks::set_secret(tx, ids[0], &[1, 2])?;
            assert_eq!(webhooks::secret(tx, ids[0])?.as_deref(), Some(&[1, 2][..]));
            assert_eq!(webhooks::secret(tx, ids[1])?, None);
            assert!(matches!(webhooks::secret(tx, 99), Err(StoreError::NotFound { .. })));
            let reaching = webhooks::reaching(tx, "shop/web")?;
            assert_eq!(reaching.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
            assert_eq!(webhooks::reaching(tx, "")?.len(), 1);
            let mine = webhooks::list(tx, &["shop".to_owned()], &PageRequest::default())?.items;
            assert_eq!(mine.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(webhooks::count(tx, &["shop".to_owned()])?, 2);
            let mut changed = webhooks::find(tx, ids[1])?.unwrap();
            changed.on = false;
            changed.settings.severity = Severity::High;
            changed.settings.kinds = vec!["finding".to_owned()];
            webhooks::change(tx, &changed)?;
            assert_eq!(webhooks::by_name(tx, "b")?, Some(changed.clone()));
            assert!(changed.settings.wants("finding", Severity::Unknown), "unrated is not harmless");
            assert!(!changed.settings.wants("finding", Severity::Medium));
            assert!(!changed.settings.wants("registry", Severity::Critical));
            assert_eq!(webhooks::reaching(tx, "shop/web")?.len(), 2, "one is off");
            let delivery = webhooks::deliver(tx, ids[0], None, "{}", Micros(5))?;
            webhooks::remove(tx, ids[0])?;
            assert_eq!(webhooks::delivery(tx, delivery)?, None);
            assert!(matches!(webhooks::remove(tx, ids[0]), Err(StoreError::NotFound { .. })));
            Ok(())
        })
        .await
        .unwrap();
    let twice = db.store.write(|tx| webhooks::create(tx, &webhook("b", ""))).await.unwrap_err();
    assert!(matches!(twice, StoreError::Duplicate(_)), "{twice}");
}

async fn a_delivery_is_taken_by_one_and_tried_until_it_is_given_up(db: Db) {
    db.store
        .write(|tx| {
            let a = webhooks::create(tx, &webhook("a", ""))?;
            let b = webhooks::create(tx, &webhook("b", ""))?;
            let notice = notices::raise(tx, &new("n", ""), Micros(1))?.id;
            let first = webhooks::deliver(tx, a, Some(notice), "one", Micros(10))?;
            let second = webhooks::deliver(tx, b, None, "two", Micros(11))?;
            assert!(!webhooks::any_due(tx, Micros(9))? && webhooks::any_due(tx, Micros(10))?);
            assert_eq!(webhooks::take(tx, &[], Micros(9), Micros(50))?, None, "not yet");
            let due = webhooks::take(tx, &[], Micros(20), Micros(50))?.unwrap();
            assert_eq!(
                (due.id, due.attempt, due.body.as_str(), due.webhook.name.as_str()),
                (first, 1, "one", "a")
            );
            assert_eq!(webhooks::take(tx, &[b], Micros(20), Micros(50))?, None, "the other is busy");
            assert_eq!(webhooks::take(tx, &[], Micros(20), Micros(50))?.unwrap().id, second);
            assert_eq!(webhooks::take(tx, &[], Micros(49), Micros(90))?, None, "both are being sent");
            // Who took it died; then it comes to an end after all, too late.
            let again = webhooks::take(tx, &[], Micros(50), Micros(90))?.unwrap();
            assert_eq!((again.id, again.attempt), (first, 2));
            let failed = |again| Attempted { status: Some(500), error: Some("500".to_owned()), again };
            assert!(!webhooks::attempted(tx, first, 1, &failed(None), Micros(51))?);
            assert!(webhooks::attempted(tx, first, 2, &failed(Some(Micros(100))), Micros(51))?);
            let found = webhooks::delivery(tx, first)?.unwrap();
            assert_eq!((found.state, found.attempts, found.next), (DeliveryState::Waiting, 2, Micros(100)));
            assert_eq!(
                (found.status, found.error.as_deref(), found.notice),
                (Some(500), Some("500"), Some(notice))
            );
            assert!(!webhooks::retry(tx, first, Micros(52))?, "it waits anyway");
            webhooks::take(tx, &[b], Micros(100), Micros(150))?.unwrap();
            assert!(webhooks::attempted(tx, first, 3, &failed(None), Micros(101))?);
            assert_eq!(webhooks::delivery(tx, first)?.unwrap().state, DeliveryState::Failed);
            assert!(webhooks::retry(tx, first, Micros(102))?);
            let due = webhooks::take_this(tx, first, Micros(150))?.unwrap();
            let well = Attempted { status: Some(204), error: None, again: None };
            assert!(webhooks::attempted(tx, first, due.attempt, &well, Micros(103))?);
            assert_eq!(webhooks::take_this(tx, first, Micros(150))?, None, "it was delivered");
            let found = webhooks::deliveries(tx, a, &PageRequest::default())?.items;
            assert_eq!((found.len(), found[0].state), (1, DeliveryState::Delivered));
            assert_eq!((found[0].finished, found[0].error.as_deref()), (Some(Micros(103)), None));
            assert_eq!(webhooks::forget(tx, Micros(103))?, 0);
            assert_eq!(webhooks::forget(tx, Micros(104))?, 1);
            // What is off waits.
            let mut off = webhooks::find(tx, b)?.unwrap();
            off.on = false;
            webhooks::change(tx, &off)?;
            assert_eq!(webhooks::take(tx, &[], Micros(500), Micros(600))?, None);
            Ok(())
        })
        .await
        .unwrap();
}
