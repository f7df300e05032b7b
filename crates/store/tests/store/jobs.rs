//! The queue: nothing done twice at once, nothing lost, nobody starved of a lane.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use store::{
    Micros, PageRequest, Store, StoreError,
    jobs::{self, Claim, Claimed, Enqueued, Filter, JobState, NewJob},
};

use crate::harness::{Db, on_both};

on_both! {
    of_jobs_with_one_key_one_is_unfinished,
    the_largest_priority_goes_first_and_the_oldest_among_equals,
    claimers_at_once_never_get_the_same_job_nor_overfill_a_lane,
    a_lease_that_ran_out_is_taken_back_and_comes_too_late,
    a_job_that_fails_waits_longer_each_time_and_is_given_up,
    jobs_are_counted_listed_and_pruned,
    what_a_hub_that_ended_had_in_hand_is_taken_up_at_once_and_not_forever,
    it_is_idle_when_no_job_could_be_done_now,
}

fn job(kind: &str, key: Option<&str>, priority: i64) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        dedupe_key: key.map(str::to_owned),
        lane: None,
        priority,
        payload: format!("{{\"key\":{key:?}}}"),
        max_attempts: 3,
        not_before: Micros(0),
        created: Micros(1),
    }
}

async fn enqueue(store: &Store, job: NewJob) -> Enqueued {
    store.write(move |tx| jobs::enqueue(tx, &job)).await.unwrap()
}

async fn claim(store: &Store, worker: &'static str, now: i64) -> Option<Claimed> {
    claim_in(store, worker.to_owned(), now, 2).await
}

async fn claim_in(store: &Store, worker: String, now: i64, lane_limit: u32) -> Option<Claimed> {
    store
        .write(move |tx| {
            jobs::claim(
                tx,
                &Claim {
                    worker: &worker,
                    kinds: &["scan", "poll"],
                    now: Micros(now),
                    until: Micros(now + 100),
                    lane_limits: &[("narrow".to_owned(), 1)],
                    lane_limit,
                },
            )
        })
        .await
        .unwrap()
}

async fn of_jobs_with_one_key_one_is_unfinished(db: Db) {
    let tasks: Vec<_> = (0..12)
        .map(|n| {
            let store = db.store.clone();
            tokio::spawn(async move { enqueue(&store, job("scan", Some("k"), n)).await })
        })
        .collect();
    let (mut ids, mut new) = (BTreeSet::new(), 0);
    for task in tasks {
        let made = task.await.unwrap();
        ids.insert(made.id);
        new += usize::from(made.is_new);
    }
    assert_eq!((ids.len(), new), (1, 1));
    let claimed = claim(&db.store, "w", 10).await.unwrap();
    assert!(claim(&db.store, "w", 10).await.is_none());
    assert!(!enqueue(&db.store, job("scan", Some("k"), 0)).await.is_new, "one that is at work counts");
    let listed =
        db.store.read(|tx| jobs::list(tx, &Filter::default(), &PageRequest::default())).await.unwrap();
    assert_eq!(listed.items[0].priority, 11, "the largest that was asked for");
    assert!(db.store.write(move |tx| jobs::finish(tx, &claimed.lease, Micros(20))).await.unwrap());
    assert!(enqueue(&db.store, job("scan", Some("k"), 0)).await.is_new, "one that is done does not");
    for _ in 0..2 {
        assert!(enqueue(&db.store, job("scan", None, 0)).await.is_new, "without a key each is its own");
    }
}

async fn the_largest_priority_goes_first_and_the_oldest_among_equals(db: Db) {
    for (key, priority, not_before) in [("a", 1, 0), ("b", 5, 0), ("c", 5, 0), ("d", 9, 50), ("e", 7, 0)] {
        enqueue(&db.store, NewJob { not_before: Micros(not_before), ..job("scan", Some(key), priority) })
            .await;
    }
    enqueue(&db.store, job("other", Some("z"), 99)).await;
    let mut order = Vec::new();
    for now in [10, 10, 60, 60, 60] {
        order.push(claim(&db.store, "w", now).await.unwrap().payload);
    }
    let wanted = ["e", "b", "d", "c", "a"].map(|key| format!("{{\"key\":Some({key:?})}}"));
    assert_eq!(order, wanted);
    assert!(claim(&db.store, "w", 60).await.is_none(), "another kind is not for this worker");
}

async fn claimers_at_once_never_get_the_same_job_nor_overfill_a_lane(db: Db) {
    const JOBS: usize = 120;
    const WORKERS: usize = 6;
    let lanes = [None, Some("narrow"), Some("wide")];
    db.store
        .write(move |tx| {
            for n in 0..JOBS {
                let lane = lanes[n % 3].map(str::to_owned);
                jobs::enqueue(tx, &NewJob { lane, ..job("scan", Some(&n.to_string()), 0) })?;
            }
            Ok(())
        })
        .await
        .unwrap();
    // What is at work now, by lane, as the workers see it: counted after the claim and before the end of each job.
    let running: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let done: Arc<Mutex<Vec<i64>>> = Arc::default();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (store, running, done) = (db.store.clone(), Arc::clone(&running), Arc::clone(&done));
            tokio::spawn(async move {
                loop {
                    let Some(claimed) = claim_in(&store, format!("w{worker}"), 10, 2).await else {
                        if done.lock().unwrap().len() == JOBS {
                            return;
                        }
                        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                        continue;
                    };
                    let lane = claimed.lane.clone().unwrap_or_default();
                    {
                        let mut running = running.lock().unwrap();
                        let now = running.entry(lane.clone()).or_default();
                        *now += 1;
                        let most = match lane.as_str() {
                            "narrow" => 1,
                            "wide" => 2,
                            _ => WORKERS,
                        };
                        assert!(*now <= most, "{now} in lane '{lane}'");
                    }
                    tokio::task::yield_now().await;
                    *running.lock().unwrap().get_mut(&lane).unwrap() -= 1;
                    let lease = claimed.lease.clone();
                    assert!(store.write(move |tx| jobs::finish(tx, &lease, Micros(20))).await.unwrap());
                    done.lock().unwrap().push(claimed.lease.id);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let done = done.lock().unwrap();
    assert_eq!((done.len(), done.iter().collect::<BTreeSet<_>>().len()), (JOBS, JOBS));
}

async fn a_lease_that_ran_out_is_taken_back_and_comes_too_late(db: Db) {
    enqueue(&db.store, job("scan", Some("k"), 0)).await;
    let first = claim(&db.store, "w", 0).await.unwrap().lease;
    let beat = first.clone();
    assert!(db.store.write(move |tx| jobs::heartbeat(tx, &beat, Micros(200))).await.unwrap());
    let reclaim = |now| db.store.write(move |tx| jobs::reclaim(tx, Micros(now)));
    assert_eq!(reclaim(150).await.unwrap(), [], "it was kept until 200");
    assert_eq!(reclaim(200).await.unwrap(), [(first.id, JobState::Queued)]);
    assert!(claim(&db.store, "w", 200).await.is_none(), "it rests for a while");
    let later = 200 + 30 * Micros::SECOND;
    let second = claim(&db.store, "w", later).await.unwrap().lease;
    assert_eq!((second.id, second.attempt, first.attempt), (first.id, 2, 1));
    // The first comes back, under the same name: it holds nothing any more.
    let late = first.clone();
    let said = db
        .store
        .write(move |tx| {
            Ok((
                jobs::heartbeat(tx, &late, Micros(later + 500))?,
                jobs::finish(tx, &late, Micros(later))?,
                jobs::fail(tx, &late, Micros(later), "x", false)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(said, (false, false, None));
    assert!(db.store.write(move |tx| jobs::finish(tx, &second, Micros(later))).await.unwrap());
}

async fn a_job_that_fails_waits_longer_each_time_and_is_given_up(db: Db) {
    let id = enqueue(&db.store, job("scan", Some("k"), 0)).await.id;
    let (mut now, mut pauses) = (0, Vec::new());
    for attempt in 1..=3 {
        let lease = claim(&db.store, "w", now).await.unwrap().lease;
        assert_eq!(lease.attempt, attempt);
        let became = db
            .store
            .write(move |tx| jobs::fail(tx, &lease, Micros(now), "no\0luck", false))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(became, if attempt == 3 { JobState::Dead } else { JobState::Queued });
        let shown =
            db.store.read(|tx| jobs::list(tx, &Filter::default(), &PageRequest::default())).await.unwrap();
        let shown = &shown.items[0];
        assert_eq!(shown.last_error.as_deref(), Some("no\u{fffd}luck"));
        assert_eq!(shown.finished.is_some(), attempt == 3);
        pauses.push(shown.not_before.0 - now);
        now = shown.not_before.0;
    }
    assert!(pauses[1] >= pauses[0] * 3 / 2 && pauses[0] >= 15 * Micros::SECOND, "{pauses:?}");
    assert!(claim(&db.store, "w", now + Micros::DAY).await.is_none());
    assert!(db.store.write(move |tx| jobs::retry(tx, id, Micros(now))).await.unwrap());
    assert!(!db.store.write(move |tx| jobs::retry(tx, id, Micros(now))).await.unwrap(), "it waits already");
    let lease = claim(&db.store, "w", now).await.unwrap().lease;
    assert_eq!(lease.attempt, 1);
    let hopeless = db.store.write(move |tx| jobs::fail(tx, &lease, Micros(now), "gone", true)).await.unwrap();
    assert_eq!(hopeless, Some(JobState::Dead));
    enqueue(&db.store, job("scan", Some("k"), 0)).await;
    let taken = db.store.write(move |tx| jobs::retry(tx, id, Micros(now))).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(_))), "{taken:?}");
}

async fn jobs_are_counted_listed_and_pruned(db: Db) {
    for (kind, key) in [("scan", "a"), ("scan", "b"), ("poll", "c")] {
        enqueue(&db.store, NewJob { lane: Some(key.to_owned()), ..job(kind, Some(key), 0) }).await;
    }
    let lease = claim(&db.store, "w", 0).await.unwrap().lease;
    db.store.write(move |tx| jobs::finish(tx, &lease, Micros(50))).await.unwrap();
    let counts = db.store.read(jobs::counts).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|c| (c.kind.as_str(), c.state, c.jobs)).collect();
    assert_eq!(
        counts,
        [("poll", JobState::Queued, 1), ("scan", JobState::Done, 1), ("scan", JobState::Queued, 1)]
    );
    let keys = |filter: Filter| {
        let store = db.store.clone();
        async move {
            let page = store.read(move |tx| jobs::list(tx, &filter, &PageRequest::default())).await.unwrap();
            page.items.into_iter().map(|j| j.dedupe_key.unwrap()).collect::<Vec<_>>()
        }
    };
    assert_eq!(keys(Filter::default()).await, ["a", "b", "c"]);
    assert_eq!(keys(Filter { states: vec![JobState::Done], ..Filter::default() }).await, ["a"]);
    assert_eq!(keys(Filter { kinds: vec!["scan".to_owned()], ..Filter::default() }).await, ["a", "b"]);
    assert_eq!(keys(Filter { lanes: Some(vec!["c".to_owned()]), ..Filter::default() }).await, ["c"]);
    assert!(
        keys(Filter { lanes: Some(Vec::new()), ..Filter::default() }).await.is_empty(),
        "of no lane: none"
    );
    let told = db
        .store
        .read(|tx| {
            let both = Filter { states: vec![JobState::Done, JobState::Queued], ..Filter::default() };
            assert_eq!(jobs::count(tx, &both)?, 3);
            let first = jobs::list(tx, &both, &PageRequest::first(1))?.items[0].id;
            let found = jobs::find(tx, first)?.unwrap();
            assert_eq!((found.dedupe_key.as_deref(), jobs::find(tx, 4711)?), (Some("a"), None));
            assert!(jobs::is_unfinished(tx, "b")? && !jobs::is_unfinished(tx, "a")?);
            Ok((jobs::counts_of(tx, None)?, jobs::counts_of(tx, Some(&["c".to_owned()]))?))
        })
        .await
        .unwrap();
    let mut all: Vec<_> = told.0.iter().map(|(state, jobs, _)| (*state, *jobs)).collect();
    all.sort_unstable();
    assert_eq!(all, [(JobState::Queued, 2), (JobState::Done, 1)]);
    assert_eq!(told.1, [(JobState::Queued, 1, Micros(1))]);
    let prune = |done, dead| db.store.write(move |tx| jobs::prune(tx, Micros(done), Micros(dead)));
    assert_eq!(prune(50, 1_000).await.unwrap(), 0);
    assert_eq!(prune(51, 0).await.unwrap(), 1);
    assert_eq!(keys(Filter::default()).await, ["b", "c"]);
}

async fn what_a_hub_that_ended_had_in_hand_is_taken_up_at_once_and_not_forever(db: Db) {
    enqueue(&db.store, job("scan", Some("a"), 0)).await;
    let mut attempts = 0;
    loop {
        // The lease has not run out: its worker is known to be gone.
        let Some(claimed) = claim(&db.store, "w", 0).await else { break };
        attempts += 1;
        assert_eq!(claimed.lease.attempt, attempts);
        assert_eq!(db.store.write(|tx| jobs::reclaim_all(tx, Micros(1))).await.unwrap(), 1);
        let late = claimed.lease.clone();
        assert!(
            !db.store.write(move |tx| jobs::finish(tx, &late, Micros(2))).await.unwrap(),
            "it comes too late"
        );
        let waits =
            db.store.read(|tx| jobs::list(tx, &Filter::default(), &PageRequest::default())).await.unwrap();
        if attempts < 20 {
            assert_eq!((waits.items[0].state, waits.items[0].not_before), (JobState::Queued, Micros(1)));
        }
        // What goes on by itself is another matter: it is not taken twice.
        assert_eq!(db.store.write(|tx| jobs::reclaim_all(tx, Micros(1))).await.unwrap(), 0);
        if waits.items[0].state == JobState::Dead {
            break;
        }
        let store = db.store.clone();
        store.write(|tx| tx.execute("UPDATE job SET not_before = 0", &[])).await.unwrap();
    }
    assert_eq!(attempts, 20, "one that ends the hub each time is given up");
}

async fn it_is_idle_when_no_job_could_be_done_now(db: Db) {
    let idle = async |at: i64| db.store.read(move |tx| jobs::is_idle(tx, Micros(at))).await.unwrap();
    assert!(idle(0).await);
    enqueue(&db.store, NewJob { not_before: Micros(50), ..job("scan", None, 1) }).await;
    assert!(
        idle(49).await && !idle(50).await,
        "one that waits for its time is not done yet and not to be done"
    );
    let claimed = claim(&db.store, "w", 60).await.unwrap();
    assert!(!idle(0).await, "one that is worked on");
    let finish = move |tx: &mut store::Tx<'_>| jobs::finish(tx, &claimed.lease, Micros(70));
    assert!(db.store.write(finish).await.unwrap());
    assert!(idle(100).await);
}
