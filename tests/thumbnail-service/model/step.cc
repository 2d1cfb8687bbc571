#include "thumbnail-service/model/step.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

namespace hestia::model {
namespace {

absl::string_view FrameText(std::uint8_t kind) {
  switch (static_cast<FrameKind>(kind)) {
    case FrameKind::kNone:
      return "nothing";
    case FrameKind::kState:
    case FrameKind::kStateAlone:
      return "the state of file P";
    case FrameKind::kBegin:
      return "the begin of a listing";
    case FrameKind::kEntry:
      return "the listed file P";
    case FrameKind::kEnd:
      return "the end of a complete listing";
    case FrameKind::kEndIncomplete:
      return "the end of a listing that could not finish";
  }
  return "";
}

absl::string_view DiskSentence(Act act) {
  switch (act) {
    case Act::kRewrite:
      return "file P gets new bytes";
    case Act::kRewriteUnderOldStamp:
      return "file P gets new bytes under its old size and time";
    case Act::kRemove:
      return "file P is moved away";
    case Act::kReturn:
      return "file P is moved back";
    case Act::kNotice:
      return "the watcher notices the change of file P";
    case Act::kRescan:
      return "the watcher is asked to list everything";
    case Act::kLoseHistory:
      return "the watcher loses its history and begins a new epoch";
    default:
      return "";
  }
}

absl::string_view IngestSentence(Act act) {
  switch (act) {
    case Act::kExpire:
      return "the lease of replica N expires";
    case Act::kTakeLease:
      return "replica N takes the lease under a new token";
    case Act::kRenewLease:
      return "replica N renews its lease";
    case Act::kLearnLoss:
      return "replica N learns that its lease is another's";
    case Act::kCrashReplica:
      return "replica N crashes";
    case Act::kResume:
      return "replica N reads the stored cursor and opens a stream there";
    case Act::kResumeRefused:
      return "replica N is refused the cursor, its lease is another's";
    case Act::kBuild:
      return "the watcher sends replica N FRAME";
    case Act::kStore:
      return "replica N stores FRAME";
    case Act::kStoreUnanswered:
      return "replica N stores FRAME, but hears no answer and drops its stream";
    case Act::kStoreLate:
      return "replica N sends the commit of FRAME, gives up waiting and drops its stream";
    case Act::kStoreRefused:
      return "replica N is refused to store FRAME, its lease is another's";
    case Act::kCommitLate:
      return "the commit that nobody waits for takes place";
    case Act::kAbortLate:
      return "the commit that nobody waits for comes to nothing";
    case Act::kLoseStream:
      return "replica N loses its stream";
    default:
      return "";
  }
}

absl::string_view WorkSentence(Act act) {
  switch (act) {
    case Act::kClaim:
      return "worker N claims the job of file P";
    case Act::kClaimUnanswered:
      return "worker N claims the job of file P, but hears no answer";
    case Act::kRead:
      return "worker N reads file P";
    case Act::kReadRefused:
      return "worker N finds file P gone or not as it was queued";
    case Act::kRender:
      return "worker N renders what file P lacks";
    case Act::kTrouble:
      return "worker N meets trouble that will pass";
    case Act::kFinish:
      return "worker N stores its result for file P";
    case Act::kFinishUnanswered:
      return "worker N stores its result for file P, but hears no answer";
    case Act::kFinishStale:
      return "worker N hears that its claim of file P is stale";
    case Act::kForgetResult:
      return "worker N does not know whether its result was stored, and forgets it";
    case Act::kEndJob:
      return "worker N removes the job of file P";
    case Act::kRelease:
      return "worker N gives file P back to the queue";
    case Act::kReleaseUnanswered:
      return "worker N gives file P back to the queue, but hears no answer";
    case Act::kKeepInMemory:
      return "worker N takes the job of file P out of the table, to try it later";
    case Act::kPutBack:
      return "worker N puts the job of file P back into the table";
    case Act::kStop:
      return "worker N is told to stop";
    case Act::kGiveUpStoring:
      return "worker N is stopping and gives up storing what it holds";
    case Act::kLeave:
      return "worker N signs off";
    case Act::kCrashWorker:
      return "worker N crashes";
    case Act::kRescue:
      return "the claim of file P that nobody holds is rescued";
    case Act::kRescueLiving:
      return "the claim of file P is rescued while its worker lives on";
    case Act::kFallDue:
      return "the next try of file P falls due";
    case Act::kCollect:
      return "an old content of file P is collected";
    default:
      return "";
  }
}

}  // namespace

std::string Sentence(const Step& step) {
  absl::string_view form = DiskSentence(step.act);
  if (form.empty()) form = IngestSentence(step.act);
  if (form.empty()) form = WorkSentence(step.act);
  const std::string framed = absl::StrReplaceAll(form, {{"FRAME", FrameText(step.detail)}});
  const std::string actor = absl::StrCat(" ", step.actor + 1);
  const std::string path = step.path == 0 ? " a" : " b";
  return absl::StrReplaceAll(framed, {{" N", actor}, {" P", path}});
}

absl::string_view Broken(Property property) {
  switch (property) {
    case Property::kNone:
      return "nothing is broken";
    case Property::kNoWriteByPastLease:
      return "a write by a lease holder of the past took effect";
    case Property::kNoCursorInsideSnapshot:
      return "a cursor was stored inside a listing";
    case Property::kCursorNotAhead:
      return "the stored cursor is ahead of what the tables contain";
    case Property::kResultOfItsVersion:
      return "a result took effect on a version that it was not rendered from";
    case Property::kNotResurrected:
      return "a late finish brought a removed file back";
    case Property::kOneEffectiveFinish:
      return "the same version of a file was finished twice";
    case Property::kNoLostJob:
      return "a file has neither the thumbnail of its content nor a job";
    case Property::kReadyIsServed:
      return "a file is READY without its thumbnail";
    case Property::kClaimIsHeld:
      return "a live or departed replica leaves a claim that is in nobody's hands";
    case Property::kConverges:
      return "from here the tables can never equal the disk again";
  }
  return "";
}

}  // namespace hestia::model
