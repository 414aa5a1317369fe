//! The lock between two runs.

use std::sync::Mutex;
use std::time::Duration;

use hub_cluster::{Error, Event, Holder, Lock, LockOptions, lock_status, unlock};

use crate::support::world;

fn holder(who: &str) -> Holder {
    Holder { who: who.into(), command: "hub deploy".into(), ..Holder::default() }
}

#[tokio::test]
async fn the_second_is_told_who_holds_it() {
    let world = world().await;
    let quiet = |_: Event| ();
    let take = |who: &str| {
        Lock::acquire(&world.cluster, "stack", "hub-system", holder(who), LockOptions::default(), &quiet)
    };
    let first = take("ann").await.expect("free");
    let Err(Error::LockHeld { holder: held, .. }) = take("bob").await else { panic!("held") };
    assert_eq!((held.who.as_str(), held.command.as_str()), ("ann", "hub deploy"));
    let status = lock_status(&world.cluster, "stack", "hub-system").await.expect("readable").expect("held");
    assert!(!status.expired);
    first.release().await.expect("still ours");
    take("bob").await.expect("free again").release().await.expect("ours");
    assert_eq!(lock_status(&world.cluster, "stack", "hub-system").await.expect("readable"), None);
}

#[tokio::test]
async fn waiting_pays_off() {
    let world = world().await;
    let first =
        Lock::acquire(&world.cluster, "stack", "hub-system", holder("ann"), LockOptions::default(), &|_| ())
            .await
            .expect("free");
    let told = Mutex::new(Vec::new());
    let events = |event: Event| told.lock().expect("no panic while held").push(event);
    let options = LockOptions { wait: Duration::from_secs(10), ..LockOptions::default() };
    let second = Lock::acquire(&world.cluster, "stack", "hub-system", holder("bob"), options, &events);
    let release = async {
        while told.lock().expect("no panic while held").is_empty() {
            tokio::task::yield_now().await;
        }
        first.release().await
    };
    let (second, released) = tokio::join!(second, release);
    released.expect("still ours");
    second.expect("free by then").release().await.expect("ours");
    assert_eq!(told.lock().expect("no panic while held").len(), 1);
}

#[tokio::test]
async fn a_dead_holder_is_named_and_replaced() {
    let world = world().await;
    let first =
        Lock::acquire(&world.cluster, "stack", "hub-system", holder("ann"), LockOptions::default(), &|_| ())
            .await
            .expect("free");
    let told = Mutex::new(Vec::new());
    let events = |event: Event| told.lock().expect("no panic while held").push(event);
    let options = LockOptions { is_dead: &|holder| holder.who == "ann", ..LockOptions::default() };
    let second = Lock::acquire(&world.cluster, "stack", "hub-system", holder("bob"), options, &events)
        .await
        .expect("taken over");
    assert_eq!(
        told.into_inner().expect("no panic while held"),
        [Event::LockTakenOver { holder: "ann".into(), command: "hub deploy".into() }]
    );
    // Whoever was thought dead and is not must not take the lock away from the new holder.
    let Err(Error::LockLost { by, .. }) = first.release().await else { panic!("lost") };
    assert_eq!(by, "bob");
    second.release().await.expect("ours");
}

#[tokio::test]
async fn a_live_lock_is_only_removed_by_force() {
    let world = world().await;
    let lock =
        Lock::acquire(&world.cluster, "stack", "hub-system", holder("ann"), LockOptions::default(), &|_| ())
            .await
            .expect("free");
    assert!(matches!(
        unlock(&world.cluster, "stack", "hub-system", false).await,
        Err(Error::LockAlive { .. })
    ));
    let removed = unlock(&world.cluster, "stack", "hub-system", true).await.expect("removed").expect("held");
    assert_eq!(removed.holder.who, "ann");
    assert_eq!(unlock(&world.cluster, "stack", "hub-system", true).await.expect("fine"), None);
    lock.release().await.expect("gone is released");
}
