/* table_run.c - the options that say how the work is done, and its limits. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_RUN)

/* More than any machine has CPUs, fewer than would exhaust its process table by a slip of the
 * finger. */
#define WORKERS_MAX 1024

/* Eleven days, in seconds; as milliseconds it fits an unsigned. */
#define TIMEOUT_MAX 1000000

/* Frames: libwebp takes quadratic time for them, 0.3 s for 4,000, half a minute for 100,000. */
#define FRAMES_MOST 100000

/* In seconds: thirty days, and a bit less than an unsigned holds of milliseconds. */
#define MAX_TIME_MAX 2592000

static const struct cli_word io_priorities[] = {
    {"idle", BR_BATCH_IO_IDLE, "only while nobody else reads or writes"},
    {"best-effort", BR_BATCH_IO_BEST_EFFORT + 7,
     "behind others; best-effort:0 to best-effort:7 say how far"},
    {0},
};

#define LEVEL(n)                                                       \
	{                                                              \
		"best-effort:" #n, BR_BATCH_IO_BEST_EFFORT + (n), NULL \
	}

static const struct cli_word io_levels[] = {
    LEVEL(0), LEVEL(1), LEVEL(2), LEVEL(3), LEVEL(4), LEVEL(5), LEVEL(6), LEVEL(7), {0},
};

static const struct cli_word modes[] = {
    {"serial", BR_EXECUTOR_SERIAL, "one image after another, in the program itself"},
    {"thread", BR_EXECUTOR_THREAD, "threads that share memory"},
    {"process", BR_EXECUTOR_PROCESS, "processes that crash alone"},
    {"hybrid", BR_EXECUTOR_HYBRID, "threads for I/O, processes for the pictures"},
    {"auto", BR_EXECUTOR_AUTO, "process or hybrid, by what is seen and measured"},
    {0},
};

static const struct cli_word sandboxes[] = {
    {"auto", BR_EXECUTOR_SANDBOX_AUTO, "as far as the system lets it"},
    {"require", BR_EXECUTOR_SANDBOX_REQUIRE, "or no run"},
    {"off", BR_EXECUTOR_SANDBOX_OFF, "not at all"},
    {0},
};

static const struct cli_word fail_levels[] = {
    {"none", BR_IMAGE_FAIL_ON_NONE, "keep whatever could be decoded"},
    {"truncated", BR_IMAGE_FAIL_ON_TRUNCATED, "refuse data that ends early"},
    {"error", BR_IMAGE_FAIL_ON_ERROR, "refuse data that is damaged as well"},
    {"warning", BR_IMAGE_FAIL_ON_WARNING, "refuse whatever the decoder warns of"},
    {0},
};

const struct cli_option table_run[FIRST_SIZE - FIRST_RUN] = {
    [ROW(MODE)] = {.name = "mode",
                   .letter = 'm',
                   .argument = "MODE",
                   .group = GROUP_RUN,
                   .kind = KIND_WORD,
                   .words = modes,
                   .target = TARGET(batch.mode),
                   .standard = "auto",
                   .help = "who does the work",
                   .text = "MODES above says how they differ. All make the same pictures."},
    [ROW(TRUSTED)] = {.name = "trusted",
                      .group = GROUP_RUN,
                      .kind = KIND_FLAG,
                      .target = TARGET(batch.trusted),
                      .help = "mode auto: the pictures are mine, let it choose threads",
                      .text = "A picture that crashes its decoder then ends the run, and is not "
                              "shut in; where there are worker processes all the same, the next "
                              "small pictures lie ready for them. So do not say it of what others "
                              "have sent."},
    [ROW(LAB)] = {.name = "lab",
                  .group = GROUP_RUN,
                  .kind = KIND_ACTION,
                  .reach = REACH_COMMAND,
                  .value = CLI_LAB,
                  .target = TARGET(action),
                  .help = "measure this machine and the PATHs, advise a mode",
                  .text =
                      "The word lab as the first argument is the same; a directory of that name is "
                      "./lab. See LABORATORY."},
    [ROW(JOBS)] = {.name = "jobs",
                   .letter = 'j',
                   .argument = "N",
                   .group = GROUP_RUN,
                   .kind = KIND_NUMBER,
                   .minimum = 1,
                   .maximum = WORKERS_MAX,
                   .target = TARGET(batch.jobs),
                   .automatic = "CPUs it may use",
                   .help = "pictures worked on at once",
                   .text = "The default heeds the CPU affinity and the CPU quota of the control "
                           "group. In serial mode there is one worker whatever is asked for."},
    [ROW(IO_THREADS)] = {.name = "io-threads",
                         .argument = "N",
                         .group = GROUP_RUN,
                         .kind = KIND_NUMBER,
                         .minimum = 0,
                         .maximum = WORKERS_MAX,
                         .target = TARGET(batch.io_threads),
                         .automatic = "8 or more",
                         .help = "hybrid and auto: threads that read and write",
                         .text = "They spend their time waiting, so that more of them than CPUs "
                                 "are right for slow disks and networks. By default there are 8, "
                                 "with --fsync 48, and up to 192 if each call takes its time; "
                                 "in process mode as well. 0 is the default."},
    [ROW(TIMEOUT)] = {.name = "timeout",
                      .argument = "SECONDS",
                      .group = GROUP_RUN,
                      .kind = KIND_SECONDS,
                      .minimum = 0,
                      .maximum = TIMEOUT_MAX,
                      .target = TARGET(batch.timeout_ms),
                      .standard = "60",
                      .help = "give up one image after this; 0: never",
                      .text = "Decimals are allowed, as in 0.5. A worker process that takes "
                              "longer is killed and replaced; a thread cannot be killed, and is "
                              "left behind."},
    [ROW(RETRIES)] = {.name = "retries",
                      .argument = "N",
                      .group = GROUP_RUN,
                      .kind = KIND_NUMBER,
                      .minimum = 0,
                      .maximum = 100,
                      .target = TARGET(batch.retries),
                      .standard = "1",
                      .help = "try again after a crash or timeout",
                      .text = "Only if work is done in processes: in the other modes a crash ends "
                              "the run."},
    [ROW(SANDBOX)] =
	{.name = "sandbox",
         .argument = "WHEN",
         .group = GROUP_RUN,
         .kind = KIND_WORD,
         .words = sandboxes,
         .target = TARGET(batch.sandbox),
         .standard = "auto",
         .help = "shut worker processes in",
         .text = "SANDBOX above says what that keeps a picture from. With auto a run goes on with "
                 "what the kernel and the container allow, and says once what is missing; "
                 "--verbose says what there is. With require it ends with status 3 if anything "
                 "is, and a worker has one picture at a time: otherwise, while they take it less "
                 "than 5 ms, the next ones lie ready for it. Worker processes are those of the "
                 "modes auto, process and hybrid."},
    [ROW(RETRY_POISON)] =
	{.name = "retry-poison",
         .group = GROUP_RUN,
         .kind = KIND_FLAG,
         .target = TARGET(batch.retry_poison),
         .not_for_pipe = true,
         .help = "try again pictures that ended their workers",
         .text = "A picture that crashed its worker, or was not done within --timeout, after all "
                 "--retries, is remembered below the output directory. Later runs skip it, with "
                 "the code poison, until it, an option that matters, the program or a codec's "
                 "library has changed, or for one that took too long --timeout is raised, "
                 "or where memory ran out --max-memory or the machine's limit is another. Skipped "
                 "so it is no failure: the exit status is 0, and the summary says how many there "
                 "are. What is fetched is fetched nevertheless, and known again by its bytes. Not "
                 "remembered is whom somebody killed, whom the kernel killed for a "
                 "neighbour's memory, and what storage did not answer for. In the modes thread "
                 "and serial there are only timeouts to be remembered."},
    [ROW(LIST_POISON)] =
	{.name = "list-poison",
         .group = GROUP_RUN,
         .kind = KIND_ACTION,
         .reach = REACH_COMMAND,
         .value = CLI_LIST_POISON,
         .target = TARGET(action),
         .help = "print what --retry-poison would try, and end",
         .text = "Of the directory that --output names, or those that belong to the directories "
                 "of sources. A line for each on standard output: the path, what happened (by "
                 "which signal, at which stage), how long it took, the most memory that its "
                 "worker ever had, and when. With --null the exact paths alone, each ended by "
                 "NUL and as --failed-list has them. Nothing is locked or written; while a run "
                 "is writing there the exit status is 4."},
    [ROW(MAX_MEMORY)] =
	{.name = "max-memory",
         .argument = "SIZE",
         .group = GROUP_RUN,
         .kind = KIND_BYTES,
         .minimum = UINT64_C(128) << 20,
         .maximum = UINT64_C(1) << 50,
         .target = TARGET(batch.max_memory),
         .automatic = "75% of what there is",
         .help = "for the whole run; takes K, M, G",
         .text = "What a picture needs is predicted from its header. One that needs more "
                 "than its worker's share waits until others are done, and the largest "
                 "are worked on alone. One that needs more than the whole, or more than "
                 "880 MB, fails. With little memory fewer workers are started than "
                 "--jobs asks for. The default is 75% of the machine's memory or of the "
                 "control group's limit."},
    [ROW(MAX_PIXELS)] =
	{.name = "max-pixels",
         .argument = "N",
         .group = GROUP_RUN,
         .kind = KIND_PIXELS,
         .minimum = 1,
         .maximum = UINT64_C(1000000000000),
         .target = TARGET(batch.image.max_pixels),
         .standard = "268M",
         .help = "refuse larger pictures; takes K, M, G",
         .text = "Width times height by the picture's header, judged before it is "
                 "decoded. K, M and G stand for a thousand, a million and a "
                 "billion. All frames of an animation together may have eight times as many."},
    [ROW(MAX_FRAMES)] =
	{.name = "max-frames",
         .argument = "N",
         .group = GROUP_RUN,
         .kind = KIND_NUMBER,
         .minimum = 1,
         .maximum = FRAMES_MOST,
         .target = TARGET(batch.image.max_frames),
         .standard = "4096",
         .help = "refuse animations of more frames",
         .text = "Of those that are kept: a picture of which only the first frame is taken may "
                 "have any number. No more than 4,096 can be read of a GIF."},
    [ROW(MAX_SCANS)] =
	{.name = "max-scans",
         .argument = "N",
         .group = GROUP_RUN,
         .kind = KIND_NUMBER,
         .minimum = 1,
         .maximum = UINT16_MAX,
         .target = TARGET(batch.image.max_scans),
         .standard = "100",
         .help = "refuse JPEGs of more scans",
         .text = "A progressive JPEG has about 10, an optimized one up to some 20. Each scan goes "
                 "over the whole picture, however few bytes it takes: a small file can keep a "
                 "worker busy for minutes."},
    [ROW(MAX_METADATA)] =
	{.name = "max-metadata",
         .argument = "SIZE",
         .group = GROUP_RUN,
         .kind = KIND_BYTES,
         .minimum = UINT64_C(64) << 10,
         .maximum = BR_IMAGE_METADATA_MAX,
         .target = TARGET(batch.image.max_metadata),
         .standard = "32M",
         .help = "leave longer metadata out; takes K, M, G",
         .text = "Of a picture's EXIF, XMP, IPTC, comment and other text, with --metadata=keep, "
                 "each that is longer once it is decompressed is left out (metadata-dropped); a "
                 "longer profile counts as a broken one (profile-broken). A TIFF that has more "
                 "in all is refused, since reading it takes all of it into memory."},
    [ROW(FAIL_ON)] = {.name = "fail-on",
                      .argument = "LEVEL",
                      .group = GROUP_RUN,
                      .kind = KIND_WORD,
                      .words = fail_levels,
                      .target = TARGET(batch.image.fail_on),
                      .standard = "truncated",
                      .help = "damage that fails an image",
                      .text = "Each level includes those before it. Nothing is published for an "
                              "image that fails."},
    [ROW(MAX_FAILURES)] =
	{.name = "max-failures",
         .argument = "N|P%",
         .group = GROUP_RUN,
         .kind = KIND_SHARE,
         .maximum = UINT64_C(1000000000000),
         .target = TARGET(batch.max_failures),
         .automatic = "any number",
         .not_for_pipe = true,
         .help = "allow so many failures; one more ends the run",
         .text =
             "With 0 the first one ends it. A part, as in 5% or 0.1%, is one of all images "
             "of the run, however they end; as long as a list that comes through a pipe has not "
             "come to its end, one of those that have ended so far, or of 100 while there are "
             "fewer. The run ends in order, with status 1: what was "
             "begun is finished, and the rest is reported as cancelled."},
    [ROW(SETTLE)] =
	{.name = "settle",
         .argument = "SECONDS",
         .group = GROUP_RUN,
         .kind = KIND_SECONDS,
         .minimum = 0,
         .maximum = TIMEOUT_MAX,
         .target = TARGET(batch.settle_ms),
         .standard = "2",
         .not_for_pipe =
             true,
         .help = "a younger file may be unfinished; 0: off",
         .text = "An upload that is under way: a source that changes while it is read, or that "
                 "is cut short, damaged or empty and was changed so short a time ago. It is tried "
                 "again at the end of the run, which waits for it 2 seconds at most. If it is no "
                 "better then, and has changed or is younger still, it is left for the next run: "
                 "it counts as failed, with the code unsettled. One that has rested so long "
                 "is what it seems to be, and fails as such."},
    [ROW(MAX_TIME)] =
	{.name = "max-time",
         .argument = "TIME",
         .group = GROUP_RUN,
         .kind = KIND_DURATION,
         .maximum = MAX_TIME_MAX,
         .target = TARGET(batch.max_time_ms),
         .not_for_pipe = true,
         .help = "end after this, as in 2h, 1h30m, 90m or 45s",
         .text = "No picture is begun that would probably not be done in time, by what others of "
                 "its format took in this run. Formats that take least come first, and of each "
                 "the largest pictures. The run ends in order, with status 0 if nothing failed; "
                 "what is left is counted, and has report lines with the status cancelled and "
                 "the code time-box. Pictures that are being worked on when time is up are "
                 "finished. Looking for images counts as well."},
    [ROW(FINISH_BY)] =
	{.name = "finish-by",
         .argument = "HH:MM",
         .group = GROUP_RUN,
         .kind = KIND_TIME,
         .target = TARGET(batch.finish_by),
         .not_for_pipe = true,
         .help = "end by this time of day, as --max-time does",
         .text = "The next such local time, also as HH:MM:SS. If the clock is put forward over "
                 "it, the run ends at that moment; if it is shown twice, at the first of them "
                 "that is still to come. Given with --max-time, the first of both counts."},
    [ROW(LOAD_LIMIT)] =
	{.name = "load-limit",
         .argument = "N",
         .group = GROUP_RUN,
         .kind = KIND_DECIMAL,
         .maximum = 100000,
         .target = TARGET(batch.load_limit),
         .not_for_pipe = true,
         .help = "begin no picture while the load average is over it",
         .text = "The average of the last minute, in which the run itself counts with as many as "
                 "it has --jobs: N is to be larger. That it waits is said once, and each time "
                 "with --verbose."},
    [ROW(NICE)] = {.name = "nice",
                   .argument = "N",
                   .group = GROUP_RUN,
                   .kind = KIND_NUMBER,
                   .minimum = 0,
                   .maximum = 19,
                   .target = TARGET(batch.nice),
                   .help = "leave the CPUs to others: 19 most",
                   .text = "Added to the nice value, as nice(1) does."},
    [ROW(IONICE)] = {.name = "ionice",
                     .argument = "CLASS",
                     .group = GROUP_RUN,
                     .kind = KIND_WORD,
                     .words = io_priorities,
                     .also = io_levels,
                     .target = TARGET(batch.io_priority),
                     .help = "leave the disks to others",
                     .text = "As ionice(1) does, and with as much effect: which disks and "
                             "schedulers heed it is the system's."},
    [ROW(WATCH)] = {.name = "watch",
                    .group = GROUP_RUN,
                    .kind = KIND_FLAG,
                    .target = TARGET(watch),
                    .not_for_pipe = true,
                    .help = "keep running, take what comes in",
                    .text = "WATCHING below says how. Every PATH is a directory. Implies "
                            "--existing=update, unless skip is said."},
    [ROW(WATCH_INTERVAL)] =
	{.name = "watch-interval",
         .argument = "SECONDS",
         .group = GROUP_RUN,
         .kind = KIND_SECONDS,
         .minimum = 1,
         .maximum = TIMEOUT_MAX,
         .target = TARGET(watch_interval_ms),
         .standard = "30",
         .not_for_pipe = true,
         .help = "with --watch: how often to look for changes",
         .text = "If the system does not tell of all changes (NFS, SMB, FUSE, overlay, or too "
                 "few inotify watches), everything is looked through so often."},
};
