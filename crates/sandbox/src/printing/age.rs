//! How long ago something happened, as kubectl prints it.

use jiff::Timestamp;

/// Gives the age of a time, e.g. `5m12s`; `<unknown>` without one.
pub(crate) fn age(time: Option<&str>) -> String {
    let Some(then) = time.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return "<unknown>".into();
    };
    human_duration(Timestamp::now().as_second() - then.as_second())
}

/// How many seconds ago a time was; `None` when it is no time.
pub(super) fn seconds_since(time: &str) -> Option<i64> {
    Some(Timestamp::now().as_second() - time.parse::<Timestamp>().ok()?.as_second())
}

/// Writes seconds in at most two units. Source: apimachinery `pkg/util/duration`.
pub(super) fn human_duration(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".into();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |big: i64, unit: &str, small: i64, rest: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{rest}") }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        two(hours / 24, "d", hours % 24, "h")
    } else if hours < 24 * 365 * 2 {
        format!("{}d", hours / 24)
    } else if hours < 24 * 365 * 8 {
        two(hours / 24 / 365, "y", hours / 24 % 365, "d")
    } else {
        format!("{}y", hours / 24 / 365)
    }
}

#[cfg(test)]
mod tests {
    use super::human_duration;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in
            [(5, "5s"), (119, "119s"), (125, "2m5s"), (600, "10m"), (3 * 3600, "3h"), (50 * 3600, "2d2h")]
        {
            assert_eq!(human_duration(seconds), text);
        }
    }
}
