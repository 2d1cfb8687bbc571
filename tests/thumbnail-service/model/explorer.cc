#include "thumbnail-service/model/explorer.h"

#include <algorithm>
#include <cstdint>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>

#include "thumbnail-service/model/properties.h"
#include "thumbnail-service/model/state.h"
#include "thumbnail-service/model/step.h"

namespace hestia::model {
namespace {

using Id = std::uint32_t;

// All states found so far, numbered in the order of their finding, with the step that found
// each.
class KnownStates {
 public:
  KnownStates() : ids_(1 << 16, Hash{&states_}, Same{&states_}) {}
  // Tables point into this object.
  KnownStates(const KnownStates&) = delete;
  KnownStates& operator=(const KnownStates&) = delete;

  // The state's number, and whether it is new.
  std::pair<Id, bool> Add(const PackedState& state, Id parent, const Step& step) {
    const Id id = size();
    states_.push_back(state);
    const auto [known, fresh] = ids_.insert(id);
    if (!fresh) {
      states_.pop_back();
      return {*known, false};
    }
    found_by_.push_back({parent, step});
    return {id, true};
  }

  Id size() const { return static_cast<Id>(states_.size()); }
  const PackedState& state(Id id) const { return states_[id]; }

  std::vector<std::string> TraceTo(Id id) const {
    std::vector<std::string> trace;
    for (; id != 0; id = found_by_[id].parent) trace.push_back(Sentence(found_by_[id].step));
    std::reverse(trace.begin(), trace.end());
    return trace;
  }

 private:
  struct Found {
    Id parent;
    Step step;
  };
  struct Hash {
    const std::vector<PackedState>* states;
    std::size_t operator()(Id id) const { return absl::Hash<PackedState>()((*states)[id]); }
  };
  struct Same {
    const std::vector<PackedState>* states;
    bool operator()(Id a, Id b) const { return (*states)[a] == (*states)[b]; }
  };

  std::vector<PackedState> states_;
  std::vector<Found> found_by_;
  absl::flat_hash_set<Id, Hash, Same> ids_;
};

struct Edge {
  Id from;
  Id to;
};

// The first state, in the order of finding, from which no converged one can be reached;
// `states` when there is none.
Id FirstLost(const std::vector<Edge>& edges, const std::vector<bool>& converged) {
  const std::size_t states = converged.size();
  std::vector<Id> begin(states + 1);
  for (const Edge& edge : edges) ++begin[edge.to + 1];
  for (std::size_t i = 0; i < states; ++i) begin[i + 1] += begin[i];
  std::vector<Id> sources(edges.size());
  std::vector<Id> place(begin.begin(), begin.end() - 1);
  for (const Edge& edge : edges) sources[place[edge.to]++] = edge.from;

  std::vector<bool> good = converged;
  std::vector<Id> open;
  for (Id id = 0; id < states; ++id) {
    if (good[id]) open.push_back(id);
  }
  while (!open.empty()) {
    const Id id = open.back();
    open.pop_back();
    for (Id i = begin[id]; i < begin[id + 1]; ++i) {
      if (good[sources[i]]) continue;
      good[sources[i]] = true;
      open.push_back(sources[i]);
    }
  }
  return static_cast<Id>(std::find(good.begin(), good.end(), false) - good.begin());
}

class Exploration {
 public:
  Exploration(const Rules& rules, const Bounds& bounds, Property overlooked)
      : rules_(rules), bounds_(bounds), overlooked_(overlooked) {}

  Finding Run() {
    known_.Add(Pack(Initial(bounds_)), 0, Step{});
    Id level_end = 1;
    for (Id id = 0; id < known_.size() && finding_.broken == Property::kNone; ++id) {
      if (id == level_end) {
        ++finding_.depth;
        level_end = known_.size();
      }
      Visit(id);
    }
    finding_.states = known_.size();
    if (finding_.broken != Property::kNone) return finding_;
    const Id lost = FirstLost(edges_, converged_);
    if (lost < known_.size()) {
      finding_.broken = Property::kConverges;
      finding_.trace = known_.TraceTo(lost);
    }
    return finding_;
  }

 private:
  void Visit(Id id) {
    const State state = Unpack(known_.state(id));
    converged_.push_back(Converged(state, bounds_));
    const auto follow = [&](const Successor& next) { Follow(id, next); };
    DiskSteps(state, rules_, bounds_, follow);
    IngestSteps(state, rules_, bounds_, follow);
    WorkerSteps(state, rules_, bounds_, follow);
    UpkeepSteps(state, rules_, bounds_, follow);
  }

  void Follow(Id id, const Successor& next) {
    if (finding_.broken != Property::kNone) return;
    ++finding_.steps;
    const auto [to, fresh] = known_.Add(Pack(next.state), id, next.step);
    Property broken = next.broken == overlooked_ ? Property::kNone : next.broken;
    if (broken == Property::kNone && fresh) broken = FirstBroken(next.state, bounds_);
    if (broken != Property::kNone) {
      finding_.broken = broken;
      finding_.trace = known_.TraceTo(id);
      finding_.trace.push_back(Sentence(next.step));
      return;
    }
    if (!next.fault && to != id) edges_.push_back({id, to});
  }

  const Rules& rules_;
  const Bounds& bounds_;
  const Property overlooked_;
  KnownStates known_;
  std::vector<Edge> edges_;
  std::vector<bool> converged_;
  Finding finding_;
};

}  // namespace

Finding Explore(const Rules& rules, const Bounds& bounds, Property overlooked) {
  return Exploration(rules, bounds, overlooked).Run();
}

std::string Describe(const Finding& finding) {
  std::string text = absl::StrCat(finding.states, " states, ", finding.steps, " steps, depth ",
                                  finding.depth, "\n");
  if (finding.broken == Property::kNone) return text;
  for (std::size_t i = 0; i < finding.trace.size(); ++i) {
    absl::StrAppend(&text, i + 1, ". ", finding.trace[i], "\n");
  }
  absl::StrAppend(&text, "Thus ", Broken(finding.broken), ".\n");
  return text;
}

}  // namespace hestia::model
