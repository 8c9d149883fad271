/* batch.h - a whole run: options -> plan -> results, told to an observer as they come.
 *
 * br_batch_run() scans the sources, plans every output, refuses what collides, feeds the rest to an
 * executor and publishes each output whole or not at all. The largest come first; what probably
 * takes long for its size comes early enough not to be waited for at the end. It prints nothing:
 * what there is to say goes to the observer. It belongs in a program's main thread, before other
 * threads exist (see executor.h), since it forks workers.
 *
 * While it runs it handles signals. SIGINT, SIGTERM and, unless the observer has a use of its own
 * for it, SIGHUP end the run: gently at first, the second kills what runs, and SIGALRM ends the
 * program if even that is in vain. SIGUSR2 and SIGXCPU, by which schedulers and the kernel warn,
 * end it gently however often they come. SIGUSR1 asks how far it is. SIGXFSZ and SIGIO are ignored.
 * All of them are as before when it returns.
 *
 * For good it raises the process's limit of open files (RLIMIT_NOFILE) as far as it may, and does
 * what br_image_init() and, if a picture needs the library, br_image_load_library() do.
 */
#ifndef BATCHRESIZE_BATCH_H
#define BATCHRESIZE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/api.h>
#include <batchresize/error.h>
#include <batchresize/executor.h>
#include <batchresize/image.h>

BR_API_BEGIN

/* Runs with an output directory remember in it, in .batchresize/state.db, what they made, of what
 * and how. With several sizes, an image is skipped only if every output that would be made is
 * there; otherwise all of them are made anew. */
enum br_batch_existing {
	BR_BATCH_EXISTING_OVERWRITE,
	BR_BATCH_EXISTING_SKIP,   /* an output that exists is left alone */
	BR_BATCH_EXISTING_UPDATE, /* redone when the source, an option or a version has changed; if
	                           * nothing is remembered of it, when the source is newer; if
	                           * nothing ever is, see br_batch_options.by_times */
	BR_BATCH_EXISTING_ERROR   /* an output that exists is a failure of that image */
};

/* What a list of sources holds. */
enum br_batch_list {
	BR_BATCH_LIST_NAMES, /* paths */
	BR_BATCH_LIST_NDJSON /* a JSON object a line: source, and output, size and format */
};

/* Bits of br_batch_options.preserve: what an output has from its source. An output that replaces a
 * file keeps the rest of that file's own, except its times, as far as the system allows. */
enum br_batch_preserve {
	BR_BATCH_PRESERVE_TIMES = 1 << 0, /* access and modification time of the source */
	BR_BATCH_PRESERVE_MODE = 1 << 1,  /* permission bits of the source */
	BR_BATCH_PRESERVE_OWNER = 1 << 2, /* its owner and group */
	BR_BATCH_PRESERVE_ACL = 1 << 3,   /* its access control list */
	BR_BATCH_PRESERVE_XATTR = 1 << 4  /* its extended attributes, of those named user.* */
};

/* How a run deals with another one that is writing to its output directory: that of `output`, or
 * one of those made for directories of sources. Outputs beside their sources, and one that is a
 * file, are anybody's at any time. */
enum br_batch_lock {
	BR_BATCH_LOCK_FAIL, /* ends: BR_ERROR_LOCKED */
	BR_BATCH_LOCK_WAIT, /* waits for it to end, before sources are looked for */
	BR_BATCH_LOCK_SKIP, /* ends as FAIL, which is no failure: br_batch_outcome.skipped */
	BR_BATCH_LOCK_OFF   /* is not looked out for, and does not let others know of this one */
};

/* A number of images, or a part of all that a run has. */
enum br_batch_share_kind { BR_BATCH_SHARE_NONE, BR_BATCH_SHARE_COUNT, BR_BATCH_SHARE_PERCENT };

struct br_batch_share {
	enum br_batch_share_kind kind;
	uint64_t amount; /* images, or thousandths of a percent */
};

/* How the run's reading and writing stands beside that of other programs (see ionice(1)). */
enum br_batch_io_priority {
	BR_BATCH_IO_UNCHANGED,
	BR_BATCH_IO_IDLE,           /* only while nobody else reads or writes */
	BR_BATCH_IO_BEST_EFFORT = 8 /* and a level of 0 (first) to 7 (last) added to it */
};

/* Strings are borrowed and must outlive the run. */
struct br_batch_options {
	/* sources */
	const char *const *paths; /* files, directories and URLs (http://, https://, redis://); the
	                           * single path "-" is a pipe */
	size_t path_count;
	const char *files_from;  /* a file with one path a line, "-" for standard input; or NULL */
	bool null_separated;     /* paths in files_from end with NUL instead of newline */
	enum br_batch_list list; /* of files_from */
	/* Orders instead of sources: the list is read from the descriptor order_fd, which stays the
	 * caller's (a pipe, whose end ends the run), as NDJSON with NUL at each end; files_from is
	 * only its name in messages. Each line stands for itself and gets one record or
	 * br_batch_observer.malformed(): it names a file, and a source or an output may come again,
	 * when it is made again. Nothing is remembered or locked in output directories (existing
	 * UPDATE is as OVERWRITE, lock as OFF, settle_ms as 0), since others may have orders there
	 * at the same time. */
	bool orders;
	int order_fd;
	const char *const *include; /* fnmatch(3) patterns, in any case; empty: every file */
	size_t include_count;
	const char *const *exclude;
	size_t exclude_count;
	bool match_case; /* patterns heed upper and lower case */
	bool hidden;     /* also names that begin with a dot */
	bool follow;     /* follow symbolic links met below a directory */
	bool strict;     /* what can't be made is a failure even below a directory, where it would
	                    otherwise be passed over */

	/* sources that are fetched: paths that begin with http://, https:// or redis://, where the
	 * bytes lie under a key: redis://[[USER]:PASSWORD@]HOST[:PORT]/[DATABASE/]KEY */
	const char *const *headers; /* "Name: value", for the server that is named and no other */
	size_t header_count;
	bool netrc;             /* passwords are in ~/.netrc */
	bool allow_private;     /* lists and redirects may name this host's and private addresses */
	uint64_t max_download;  /* bytes of one; 0: as many as a file may have */
	unsigned fetch_retries; /* after a server was busy, silent or out of reach; timeout_ms
	                         * holds for all attempts together */
	/* An address of a Redis server that the user named, or NULL: lists may name its keys,
	 * private or not, and need not know its user and password. */
	const char *redis;

	/* outputs */
	const char *output;  /* directory, or NULL: "resized_" + name, beside the source */
	bool output_is_file; /* `output` is the path of the only output instead of a directory:
	                        there is one path, a file, one size and no name */
	bool flat;           /* outputs directly below `output`, whatever their sources' paths */
	/* How outputs are called below the directory in which they lie without it: see
	 * br_batch_check(). NULL: for one size as their sources, for several "{stem}-{size}.{ext}".
	 */
	const char *name;
	enum br_batch_existing existing;
	/* When all else is done, removes outputs that runs of the same name, format and sizes made
	 * of sources below the same directories which are gone, and of those made for sizes that
	 * are not asked for any more; prune_all: also what runs with other options made of them.
	 * Never what was not made by a run, or is not as it was left. */
	bool prune, prune_all;
	/* More than so many of them, and none is removed: a serious notice. NONE: half of all, or a
	 * hundred. */
	struct br_batch_share max_delete;
	/* A source directory in which earlier runs found pictures, and this one none, is meant to
	 * be empty, and no disk that is not mounted. */
	bool force_empty;
	unsigned preserve; /* bits of enum br_batch_preserve */
	bool fsync;        /* every published file is on the disk before it is reported */
	enum br_batch_lock lock;
	unsigned
	    lock_ms; /* how long WAIT waits at most, then it is as FAIL; 0: as long as it takes */

	/* The work. admit, admit_arg, keep, stage, alone, timeout_ms, show and show_arg are the
	 * run's own: br_batch_check() refuses other values than the defaults. max_memory can lower
	 * what the run allows one picture. */
	struct br_image_options image;

	/* "FILE[,ARGUMENTS]": what each picture is shown to before it is encoded, see plugin.h; or
	 * NULL. The file's bytes and the arguments count as an option for `existing`. */
	const char *plugin;

	/* the run */
	/* AUTO decides by the sources, and goes on to decide while it runs: the observer's
	 * started() is told of THREAD or SERIAL if it was one of these, and each record of its own.
	 */
	enum br_executor_mode mode;
	/* Sources need not be kept apart: auto may open them in the program itself, and brief ones
	 * lie ready for a worker before it has ended the one that it is at. */
	bool trusted;
	unsigned jobs;       /* CPU workers, 0: the CPUs this process may use */
	unsigned io_threads; /* hybrid, auto; 0: a sensible number */
	uint64_t max_memory; /* bytes for the whole run, workers and all; 0: three quarters of what
	                      * the machine or the control group has */
	unsigned timeout_ms; /* for one image, 0: none */
	unsigned retries;    /* after a crash or timeout */
	/* Whether worker processes are shut in: AUTO by default. What is missing then is told as a
	 * notice. REQUIRE is for modes that have them. */
	enum br_executor_sandbox sandbox;
	/* So many failures are borne; the next one ends the run in order, as a signal does. NONE:
	 * any number. */
	struct br_batch_share max_failures;
	/* A source that changes while it is read, or that is empty, cut short or damaged and was
	 * written to within so many milliseconds, may be one that somebody is still writing: it is
	 * tried again at the run's end. 0: none is. */
	unsigned settle_ms;
	/* A time box: no picture is begun that would probably not be done by then; the run ends in
	 * order, and what is left is CANCELLED with the code TIME_BOX. If both are set, the first
	 * counts. */
	unsigned max_time_ms; /* from the run's beginning; 0: none */
	int64_t finish_by;    /* seconds since 1970; 0: none */
	double load_limit;    /* no picture is begun while the load average is over it; 0: none */
	unsigned nice;        /* added to the nice value, for good */
	enum br_batch_io_priority io_priority; /* for good as well */
	bool dry_run;                          /* plan, report, touch nothing */
	/* For update, where nothing has ever been remembered, as beside sources, of a list that
	 * comes through a pipe without an output directory, and in one that an older version has
	 * filled: redone when the source is newer, instead of always. */
	bool by_times;
	/* Pictures that ended their workers in an earlier run, by a crash or for want of time or of
	 * memory, are remembered as well, and SKIPPED with the code POISON until they, an option or
	 * a version change. With this they are tried once more. */
	bool retry_poison;
	bool tell_existing; /* records also list outputs that are there from an earlier run: `there`
	                     */
	bool explain;       /* records also say why: `reason` */
};

struct br_batch_options br_batch_options_default(void);

/* Whether sizes, name and image options make sense; br_batch_run() asks the same before it touches
 * a file. A name is a path with the fields {dir} (at the beginning only, where it changes nothing),
 * {stem}, {ext}, {size}, {width} and {height}; {{ and }} are braces. It stays below its directory:
 * no part of it can be empty, "." or "..". {width} and {height} are for the file's name only, and
 * something that is no digit stands between them and other fields. Returns 0 or BR_ERROR_USAGE. */
int br_batch_check(const struct br_batch_options *options, struct br_error *error);

enum br_batch_status {
	BR_BATCH_OK,
	BR_BATCH_SKIPPED,
	BR_BATCH_FAILED,
	BR_BATCH_CRASHED,
	BR_BATCH_TIMEOUT,
	BR_BATCH_CANCELLED,
	BR_BATCH_PLANNED, /* dry run: would be done */
	BR_BATCH_STATUSES /* how many there are */
};

/* "ok", "skipped", "failed", ... */
const char *br_batch_status_name(enum br_batch_status status);

/* What a worker was at that died. See enum br_image_stage. */
enum br_batch_stage {
	BR_BATCH_STAGE_NONE = BR_IMAGE_STAGE_NONE, /* not known */
	BR_BATCH_STAGE_HEADER = BR_IMAGE_STAGE_HEADER,
	BR_BATCH_STAGE_DECODE = BR_IMAGE_STAGE_DECODE,
	BR_BATCH_STAGE_RESIZE = BR_IMAGE_STAGE_RESIZE,
	BR_BATCH_STAGE_ENCODE = BR_IMAGE_STAGE_ENCODE,
	BR_BATCH_STAGE_READ,
	BR_BATCH_STAGE_WRITE,
	BR_BATCH_STAGE_PLUGIN,
	BR_BATCH_STAGES /* how many there are */
};

/* "header", "decode", "resize", "encode", "read", "write", "plugin"; "" for none of ours. */
const char *br_batch_stage_name(enum br_batch_stage stage);

/* Bits of br_batch_record.notes: what was asked for besides the picture and could not be done. */
enum br_batch_note {
	BR_BATCH_NOTE_PRESERVE_REFUSED = 1 << 0, /* times, permissions, ... of preserve, or the
	                                          * permissions of the file that was replaced */
	BR_BATCH_NOTE_NOT_DURABLE = 1 << 1 /* fsync: file or directory can't be synchronised */
};
#define BR_BATCH_NOTES 2

/* "preserve-refused", "not-durable" for one bit; "" for none of ours. */
const char *br_batch_note_name(enum br_batch_note note);

/* Why an image is to be made, or why not. */
enum br_batch_reason {
	BR_BATCH_REASON_NONE,       /* nobody asked, or the record's error says it */
	BR_BATCH_REASON_NEW,        /* no output is there, and none is remembered */
	BR_BATCH_REASON_SOURCE,     /* the source has changed */
	BR_BATCH_REASON_OPTION,     /* an option has another value */
	BR_BATCH_REASON_VERSION,    /* the program or a library has another version */
	BR_BATCH_REASON_MISSING,    /* an output is not there */
	BR_BATCH_REASON_TOUCHED,    /* an output is not as it was left */
	BR_BATCH_REASON_UNKNOWN,    /* nothing is remembered of an output that is there */
	BR_BATCH_REASON_ALWAYS,     /* it is made whatever is there */
	BR_BATCH_REASON_UP_TO_DATE, /* not made: its outputs are as they should be */
	BR_BATCH_REASON_EXISTS,     /* not made: its outputs are there */
	BR_BATCH_REASONS            /* how many there are */
};

/* "new", "source", "up-to-date", ...; "" for none. */
const char *br_batch_reason_name(enum br_batch_reason reason);

/* One file made of an image. */
struct br_batch_output {
	const char *path;       /* any bytes except NUL */
	uint32_t width, height; /* pixels; 0 while it is only planned */
	uint64_t bytes;
	enum br_image_format format; /* UNKNOWN while it is only planned */
};

/* The steps of the work on an image, as an executor's stages: the four that take their time. */
enum br_batch_step {
	BR_BATCH_STEP_READ,
	BR_BATCH_STEP_MAKE, /* decode, resize, encode */
	BR_BATCH_STEP_WRITE,
	BR_BATCH_STEP_PUBLISH, /* its outputs get their names */
	BR_BATCH_STEPS         /* how many there are */
};

/* From when to when: nanoseconds of CLOCK_MONOTONIC. Both 0: it was not done, or nobody knows. */
struct br_batch_span {
	uint64_t begin, end;
};

/* What became of one image. Every source is recorded exactly once. Strings live until the callback
 * returns. */
struct br_batch_record {
	const char *source; /* any bytes except NUL; "-" for a pipe; a URL without user, password
	                     * and fragment */
	/* So many bytes of it are the directory, with the slash at its end, that was named and
	 * below which it was found; 0: it was named itself. */
	size_t root;
	/* The path at which it was, or would have been, published; never NULL. Of several, the
	 * largest that was made; if none was, the first asked for. */
	const char *output;
	uint64_t entry; /* the number of its line in an NDJSON list, from 1; 0: it has none */
	const struct br_batch_output *outputs; /* those published (PLANNED: planned), in the order
	                                        * of the sizes asked for */
	unsigned output_count;                 /* 0 unless OK or PLANNED */
	unsigned largest;                      /* the number among them of `output` */
	unsigned sizes;                        /* how many were asked for */
	/* With br_batch_options.tell_existing: outputs of an image that was skipped or failed which
	 * are there from an earlier run, in the order of the sizes. */
	const struct br_batch_output *there;
	unsigned there_count;
	enum br_batch_status status;
	struct br_error error; /* code BR_ERROR_NONE when status is OK; does not name the source */
	/* With br_batch_options.explain, unless it was cancelled or is refused: why it was or would
	 * be made, or was not; and the same in words. Of one that failed, why it was tried. */
	enum br_batch_reason reason;
	const char *explanation;   /* or NULL */
	enum br_image_format kind; /* the source's, if known without an `image`; or UNKNOWN */
	int signal;                /* of a crash; 0 */
	enum br_batch_stage stage; /* the last worker's that died of it */
	uint64_t worker_rss;       /* bytes: the most that this had in memory; 0: unknown */
	unsigned attempt;          /* attempts made */
	unsigned worker;           /* from 0 */
	enum br_executor_mode mode;
	const struct br_image_result *image; /* NULL if nothing was learnt of the picture */
	/* What the plugin told of it: members of a JSON object, "\"label\":\"cat\""; "" or NULL for
	 * none. */
	const char *fields;
	unsigned notes;               /* bits of enum br_batch_note */
	uint64_t bytes_in, bytes_out; /* bytes; of all outputs */
	double read_ms, publish_ms;
	/* Of the last attempt. Which of them the worker itself took is told by the mode: see
	 * executor.h. Of one that died or was killed only MAKE: its whole stay with the worker. */
	struct br_batch_span step[BR_BATCH_STEPS];
};

/* How far a run is. */
struct br_batch_progress {
	uint64_t found;       /* images, while they are looked for and total is 0 */
	uint64_t total, done; /* images; done = ok + skipped + failed + cancelled */
	bool more; /* the list goes on: total, bytes_total are of what has been read of it */
	uint64_t ok, skipped, failed; /* failed counts crashed and timed out ones as well */
	uint64_t cancelled;
	uint64_t skipped_by[BR_ERROR_CODES]; /* of those skipped, by the record's code */
	uint64_t
	    passed_over[BR_IMAGE_FORMATS]; /* of those skipped, what the run can't make (NOT_IMAGE,
	                                    * UNSUPPORTED, RAW_THUMBNAIL), by record.kind */
	uint64_t bytes_made;               /* of sources that were done */
	uint64_t bytes_total, bytes_done;  /* of sources */
	uint64_t bytes_out;
	double elapsed; /* seconds since the first job was handed out; while images are looked for,
	                   since that began */
	uint64_t crashes, timeouts; /* attempts that ended so */
};

/* How much a notice matters. */
enum br_batch_weight {
	BR_BATCH_REMARK,  /* only for those who want to know more: a file that was passed over */
	BR_BATCH_WARNING, /* to be seen, though all that was asked for is done */
	BR_BATCH_SERIOUS  /* something is missing: the run's exit status is 1 */
};

/* All callbacks run in the thread that called br_batch_run(), one at a time; any may be NULL. */
struct br_batch_observer {
	void *ctx;
	/* The plan is made, work begins. */
	void (*started)(void *ctx, const struct br_batch_options *options,
	                const struct br_batch_progress *progress);
	/* One image is finished. A non-zero return stops the run as SIGTERM would (a reader of our
	 * stdout has gone, say); that value is in br_batch_outcome.stopped. */
	int (*finished)(void *ctx, const struct br_batch_record *record,
	                const struct br_batch_progress *progress);
	/* Time has passed: called a few times a second while there is work, and while images are
	 * looked for (progress->total is 0 then). */
	void (*tick)(void *ctx, const struct br_batch_progress *progress);
	/* Something to be told that is no image's fault: a directory that can't be read, a file
	 * that was passed over, a temporary that can't be removed. */
	void (*notice)(void *ctx, enum br_batch_weight weight, const char *path, const char *text);
	/* A line of an NDJSON list, by its number from 1, that is none of an image, and why: no
	 * image that is counted. It is also a serious notice, which follows. */
	void (*malformed)(void *ctx, uint64_t entry, const char *text);
	/* A directory, or a link in one, that can't be read, or that holds no picture any more
	 * (BR_ERROR_EMPTIED), so that pictures are missing: source, root and error of the record
	 * are filled in, its output is "". It is also a serious notice, and no image that is
	 * counted. */
	void (*unread)(void *ctx, const struct br_batch_record *record);
	/* An output has been removed (SKIPPED), or would be (PLANNED), with the code PRUNED: source
	 * is the one that is gone, "" for a size that is not asked for any more; or none was
	 * (FAILED, MAX_DELETE): source is their directory and output "". No image that is counted.
	 */
	void (*pruned)(void *ctx, const struct br_batch_record *record);
	/* Somebody sent SIGUSR1 and wants to know how far it is. */
	void (*asked)(void *ctx, const struct br_batch_progress *progress);
	/* br_batch_watch() has nothing left to do for now: so many directories are watched. Called
	 * once or twice a second as long as that is so. */
	void (*waiting)(void *ctx, size_t directories, const struct br_batch_progress *progress);
	/* If set, SIGHUP does not end the run, but this is called: log files are to be opened anew.
	 */
	void (*hung_up)(void *ctx);
};

struct br_batch_outcome {
	struct br_batch_progress progress;
	uint64_t notices; /* serious ones */
	unsigned emptied; /* source directories with BR_ERROR_EMPTIED */
	int signal;       /* that ended the run, or 0 */
	int stopped;      /* what observer.finished() stopped the run with, otherwise 0 */
	bool skipped;     /* another run had the lock, and this one did nothing */
	bool gave_up;     /* more failed than max_failures allows, which ended the run */
	uint64_t pruned;  /* outputs that were removed; with dry_run: that would be */
	unsigned workers; /* how many shared the work; 0: none were made. Fewer than `jobs` when
	                     there is not enough work or memory for so many */
	/* Threads that hang in a call to a file system which does not answer, and may return from
	 * it at any time: if there are any, the strings of the options must stay, and the program
	 * should end by _exit(2). */
	unsigned left_behind;
	/* A time box ended the run before all was done. */
	bool time_up;
	uint64_t left[BR_IMAGE_FORMATS]; /* images that it left, by what their names promise */
	double left_seconds;             /* that they would probably take */
	struct br_executor_stats stats;
};

/* What is remembered of a picture that ended its worker. Strings live until the callback returns.
 */
struct br_batch_poison {
	const char *output; /* the output directory in which it is remembered */
	const char *source; /* the picture's path, absolute */
	size_t root; /* as in br_batch_record, where the outputs of a directory mirror it; or 0 */
	enum br_batch_status status; /* CRASHED or TIMEOUT */
	enum br_error_code code;     /* CRASHED, TIMEOUT or MEMORY */
	int signal;                  /* or 0 */
	enum br_batch_stage stage;
	uint64_t worker_rss; /* bytes */
	unsigned worker_ms;  /* how long the worker was at it */
	int64_t time;        /* when that was, seconds since 1970 */
};

/* Tells of all such pictures that are remembered in the run's output directories, whether or not
 * they would be skipped now, in the order of their outputs' directories. Nothing is locked or
 * written. take() ends it by another return than 0, which is returned. Returns 0, also if nothing
 * is remembered; BR_ERROR_LOCKED if a run is writing there; another code or a negative errno. */
int br_batch_list_poison(const struct br_batch_options *options,
                         int (*take)(void *ctx, const struct br_batch_poison *poison), void *ctx,
                         struct br_error *error);

/* Whether the only path is "-": one image from standard input to standard output. Pure. */
bool br_batch_is_pipe(const struct br_batch_options *options);

/* Runs. Returns 0 when the run came to its end (failed images included: see outcome),
 * BR_ERROR_USAGE when the options or sources make no sense, BR_ERROR_LOCKED (see enum
 * br_batch_lock), another code or negative errno when the run could not start or go on; *error says
 * why. */
int br_batch_run(const struct br_batch_options *options, const struct br_batch_observer *observer,
                 struct br_batch_outcome *outcome, struct br_error *error);

/* Runs, and goes on: what is written, moved or linked into the directories that were named is run
 * over once it is complete, until a signal or observer.finished() ends it. All paths are
 * directories, not a pipe or a list. existing is SKIP or UPDATE, since what is there may be looked
 * at again: every interval_ms milliseconds (at least 1) if the system does not tell of all
 * changes, and whenever it has lost count of them.
 *
 * Progress and outcome are those of all that was done since the start. started() is called once. Of
 * later runs no SKIPPED record is told, and of each path only the first notice; a source that goes
 * before its turn comes is none. */
int br_batch_watch(const struct br_batch_options *options, unsigned interval_ms,
                   const struct br_batch_observer *observer, struct br_batch_outcome *outcome,
                   struct br_error *error);

BR_API_END

#endif
