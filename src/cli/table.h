/* table.h - every option of the command line, once. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The options in the order in which help and man page show them. */
enum cli_option_id {
	OPTION_MODE,
	OPTION_TRUSTED,
	OPTION_LAB,
	OPTION_JOBS,
	OPTION_IO_THREADS,
	OPTION_TIMEOUT,
	OPTION_RETRIES,
	OPTION_SANDBOX,
	OPTION_RETRY_POISON,
	OPTION_LIST_POISON,
	OPTION_MAX_MEMORY,
	OPTION_MAX_PIXELS,
	OPTION_MAX_FRAMES,
	OPTION_MAX_SCANS,
	OPTION_MAX_METADATA,
	OPTION_FAIL_ON,
	OPTION_MAX_FAILURES,
	OPTION_SETTLE,
	OPTION_MAX_TIME,
	OPTION_FINISH_BY,
	OPTION_LOAD_LIMIT,
	OPTION_NICE,
	OPTION_IONICE,
	OPTION_WATCH,
	OPTION_WATCH_INTERVAL,
	OPTION_SIZE,
	OPTION_FIT,
	OPTION_GRAVITY,
	OPTION_ENLARGE,
	OPTION_FILTER,
	OPTION_LINEAR,
	OPTION_OUTPUT,
	OPTION_FLAT,
	OPTION_NAME,
	OPTION_FORMAT,
	OPTION_QUALITY,
	OPTION_LOSSLESS,
	OPTION_JPEG_PROGRESSIVE,
	OPTION_JPEG_SUBSAMPLING,
	OPTION_PNG_EFFORT,
	OPTION_BACKGROUND,
	OPTION_METADATA,
	OPTION_PROFILE,
	OPTION_PLUGIN,
	OPTION_EXISTING,
	OPTION_PRUNE,
	OPTION_PRUNE_ALL,
	OPTION_MAX_DELETE,
	OPTION_FORCE_EMPTY,
	OPTION_PRESERVE,
	OPTION_FSYNC,
	OPTION_LOCK,
	OPTION_INCLUDE,
	OPTION_EXCLUDE,
	OPTION_MATCH_CASE,
	OPTION_HIDDEN,
	OPTION_FOLLOW,
	OPTION_STRICT,
	OPTION_FILES_FROM,
	OPTION_LIST_FORMAT,
	OPTION_NULL,
	OPTION_HEADER,
	OPTION_NETRC,
	OPTION_ALLOW_PRIVATE,
	OPTION_MAX_DOWNLOAD,
	OPTION_FETCH_RETRIES,
	OPTION_QUEUE,
	OPTION_RESULTS,
	OPTION_QUEUE_GROUP,
	OPTION_DEAD_LETTERS,
	OPTION_CLAIM_AFTER,
	OPTION_DRAIN,
	OPTION_DRY_RUN,
	OPTION_EXPLAIN,
	OPTION_PRINT,
	OPTION_REPORT,
	OPTION_FAILED_LIST,
	OPTION_SRCSET,
	OPTION_HTML,
	OPTION_PROGRESS,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_JSON,
	OPTION_MARKDOWN,
	OPTION_LOG_FORMAT,
	OPTION_LOG_FILE,
	OPTION_LOG_LEVEL,
	OPTION_METRICS,
	OPTION_ON_FINISH,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_DOCUMENT,
	OPTION_CONFIG,
	OPTION_PRESET,
	OPTION_SHOW_CONFIG,
	OPTIONS /* how many there are */
};

enum cli_group {
	GROUP_RUN,
	GROUP_SIZE,
	GROUP_OUTPUT,
	GROUP_CHOOSE,
	GROUP_FETCH,
	GROUP_QUEUE,
	GROUP_TALK,
	GROUP_DEFAULTS,
	GROUPS,               /* how many are shown */
	GROUP_HIDDEN = GROUPS /* options that are not for people */
};

/* What an argument is, and what is stored at `target`. */
enum cli_kind {
	KIND_FLAG,     /* no argument, or yes or no; bool */
	KIND_COUNT,    /* no argument: one more each time; or a digit; unsigned */
	KIND_ACTION,   /* no argument; enum cli_action: `value` */
	KIND_WORD,     /* one of `words`; unsigned: its value */
	KIND_WORDS,    /* several of `words` by comma; unsigned: their values or-ed */
	KIND_NUMBER,   /* minimum to maximum; unsigned */
	KIND_PIXELS,   /* minimum to maximum, with a suffix K M G (powers of 1000); uint64_t */
	KIND_BYTES,    /* minimum to maximum, with a suffix K M G (powers of 1024); uint64_t */
	KIND_SHARE,    /* N or P%; struct br_batch_share */
	KIND_SECONDS,  /* minimum to maximum, up to three decimals; unsigned milliseconds */
	KIND_DECIMAL,  /* 0 to maximum, up to three decimals; double */
	KIND_DURATION, /* as 2h30m, 90m or 45 (seconds), up to maximum seconds; unsigned ms */
	KIND_TIME,     /* HH:MM or HH:MM:SS, the next such local time; int64_t seconds since 1970 */
	KIND_SIZE,     /* WxH, W, xH, P%, several by comma; size of struct br_image_options */
	KIND_COLOUR,   /* CSS name, #rgb, #rrggbb; uint8_t[3]; or "transparent" */
	KIND_QUALITY,  /* N and FORMAT=N by comma, minimum to maximum; struct br_image_options */
	KIND_LOCK,     /* one of `words`, or wait=SECONDS; struct br_batch_options */
	KIND_FILE,     /* const char * */
	KIND_DIRECTORY, /* const char * */
	KIND_TEMPLATE,  /* const char * */
	KIND_COMMAND,   /* const char * */
	KIND_PATTERN    /* repeatable: appended to list number `value` */
};

/* Where an option may stand. */
enum cli_reach {
	REACH_USER,   /* on the command line, and in the user's own files of defaults */
	REACH_SOURCE, /* also in one that lies among sources, and may be a stranger's: nothing that
	                 runs, reads or writes anything elsewhere, keeps what is private, or lifts a
	                 limit */
	REACH_COMMAND /* on the command line only */
};

/* The lists that repeatable arguments are gathered in. */
enum cli_list { LIST_PATHS, LIST_INCLUDE, LIST_EXCLUDE, LIST_HEADERS, LIST_PRESETS, LISTS };

struct cli_word {
	const char *name;
	unsigned value;
	const char *help; /* for the man page and completions */
};

struct cli_option {
	const char *name;             /* without dashes */
	const char *argument;         /* its name in the help; NULL: it takes none */
	const char *help;             /* one line; words and default are added to it */
	const char *text;             /* more for the man page, after `help`; or NULL */
	const char *standard;         /* the default as it would be typed, or NULL */
	const char *automatic;        /* the default in words if it cannot be typed, or NULL */
	const struct cli_word *words; /* ends with a name of NULL; typed in any case */
	const struct cli_word
	    *also;     /* other spellings of some, understood but not listed; or NULL */
	size_t target; /* offset in struct cli */
	uint64_t minimum, maximum;
	unsigned value;
	char letter; /* 0: none */
	enum cli_group group;
	enum cli_kind kind;
	enum cli_reach reach;
	bool secret;       /* its value may be a password: it is not told */
	bool not_for_pipe; /* makes no sense when the source is "-" */
};

/* The row of an option; `id` is below OPTIONS. */
const struct cli_option *cli_option(enum cli_option_id id);

/* "Running", "Size", ... */
const char *cli_group_title(enum cli_group group);

/* A command line that shows something, and what it does. */
struct cli_example {
	const char *command;
	const char *help;
};
/* Ends with a command of NULL. */
const struct cli_example *cli_examples(void);

/* What an exit status means. */
struct cli_exit {
	const char *status;
	const char *help;
};
/* Ends with a status of NULL. */
const struct cli_exit *cli_exits(void);

#endif
