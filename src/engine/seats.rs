//! Which folders are watched over a connection of their own, and which share one. Pure.
//!
//! A login holds no more connections than its configuration says. One is the worker's; each of the others is given to the
//! first folder that comes, and what comes when all are taken joins the one that was given away last, which is the least
//! urgent. That one then goes from listening to one folder to looking at several in turn.

/// The connections of one login for its watched folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    most: usize,
    taken: usize,
}

impl Seats {
    /// Of so many connections in all.
    pub fn of(connections: u16) -> Self {
        // The configuration allows no fewer than two.
        Self { most: usize::from(connections.max(2)) - 1, taken: 0 }
    }

    /// Gives seats to so many new folders, the most urgent first: how many of them get one. The others join the seat that
    /// was given last.
    pub fn give(&mut self, new: usize) -> usize {
        let given = new.min(self.most - self.taken);
        self.taken += given;
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many connections the folders that come in these lots have, the worker's included.
    fn connections(of: u16, lots: &[usize]) -> usize {
        let mut seats = Seats::of(of);
        1 + lots.iter().map(|new| seats.give(*new)).sum::<usize>()
    }

    #[test]
    fn folders_found_later_take_what_is_left_and_never_more() {
        assert_eq!(Seats::of(4).give(3), 3);
        assert_eq!(Seats::of(4).give(18), 3, "the third is shared");
        for of in 2..=32 {
            for lots in [&[3, 3, 3][..], &[1, 1, 1, 1, 1], &[18, 3], &[0, 40], &[2, 0, 1, 7]] {
                let folders: usize = lots.iter().sum();
                assert_eq!(connections(of, lots), usize::from(of).min(1 + folders), "{of} {lots:?}");
            }
        }
    }
}
