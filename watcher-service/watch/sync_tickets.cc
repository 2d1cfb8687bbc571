#include "watcher-service/watch/sync_tickets.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hestia {
namespace {
constexpr std::size_t kMaxTickets = 1024;

// Two quiets: one before the first look at an open file, one to spare.
absl::Duration LongestWait(const SettleSet::Timing& timing) {
  return timing.still + 2 * timing.quiet;
}
}  // namespace

bool SyncTickets::Add(SyncDone done, InotifyReader& reader) {
  absl::MutexLock lock(&mu_);
  if (added_.size() >= kMaxTickets) return false;
  Ticket ticket;
  ticket.done = std::move(done);
  // Under the lock: the watch thread, woken by the flush, must find the ticket.
  ticket.flush = reader.RequestFlush();
  added_.push_back(std::move(ticket));
  return true;
}

bool SyncTickets::Any() {
  absl::MutexLock lock(&mu_);
  while (!added_.empty() && waiting_.size() < kMaxTickets) {
    waiting_.push_back(std::move(added_.back()));
    added_.pop_back();
  }
  return !waiting_.empty();
}

void SyncTickets::Answer(std::uint64_t flushed, const PollRounds& rounds,
                         const EventTranslator& translator, const Cursor& head,
                         absl::Duration now) {
  const auto reached = std::partition(waiting_.begin(), waiting_.end(), [&](Ticket& ticket) {
    return !Reached(ticket, flushed, rounds, translator, now);
  });
  const std::vector<Ticket> answered(std::make_move_iterator(reached),
                                     std::make_move_iterator(waiting_.end()));
  waiting_.erase(reached, waiting_.end());
  const SyncResult result{head, static_cast<std::uint32_t>(translator.settling().writing())};
  for (const Ticket& ticket : answered) ticket.done(result);
}

void SyncTickets::Fail(const absl::Status& why) {
  std::vector<Ticket> failed = std::move(waiting_);
  waiting_.clear();
  {
    absl::MutexLock lock(&mu_);
    std::move(added_.begin(), added_.end(), std::back_inserter(failed));
    added_.clear();
  }
  for (const Ticket& ticket : failed) ticket.done(why);
}

absl::Duration SyncTickets::NextDeadline(const SettleSet::Timing& timing,
                                         absl::Duration now) const {
  absl::Duration next = absl::InfiniteDuration();
  for (const Ticket& ticket : waiting_) {
    const absl::Duration end = ticket.armed_at + LongestWait(timing);
    // Past it, what is waited for is files that come to rest: the settle set has their time.
    if (ticket.armed && end > now) next = std::min(next, end);
  }
  return next;
}

bool SyncTickets::WantsRound(const PollRounds& rounds) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Ticket& ticket) { return ticket.round > rounds.begun; });
}

bool SyncTickets::Reached(Ticket& ticket, std::uint64_t flushed, const PollRounds& rounds,
                          const EventTranslator& translator, absl::Duration now) {
  if (ticket.flush > flushed) return false;
  if (ticket.round == 0) ticket.round = rounds.begun + 1;
  if (rounds.needed && !ticket.armed && rounds.ended < ticket.round) return false;
  const SettleSet& settling = translator.settling();
  if (!ticket.armed) {
    ticket.armed = true;
    ticket.armed_at = now;
    ticket.serial = settling.last_serial();
  }
  if (translator.pairing().WaitingSince(ticket.armed_at)) return false;
  if (!settling.SettlingSince(ticket.serial)) return true;
  // However late this thread gets to its looks, a file that stands still is waited for.
  return now >= ticket.armed_at + LongestWait(settling.timing()) &&
         !settling.UnchangedSince(ticket.serial, ticket.armed_at);
}

}  // namespace hestia
