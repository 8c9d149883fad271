/* texts.c - titles, examples and exit statuses, for the help and the man page. */
#include "cli/table.h"

const char *cli_group_title(enum cli_group group)
{
	static const char *const titles[GROUPS] = {
	    [GROUP_RUN] = "Running",    [GROUP_SIZE] = "Size",
	    [GROUP_OUTPUT] = "Output",  [GROUP_CHOOSE] = "Choosing files",
	    [GROUP_FETCH] = "Fetching", [GROUP_QUEUE] = "Queues",
	    [GROUP_TALK] = "Talking",   [GROUP_DEFAULTS] = "Defaults",
	};

	return titles[group];
}

const struct cli_example *cli_examples(void)
{
	static const struct cli_example examples[] = {
	    {"batchresize photos/", "all pictures below photos/, into resized_photos/"},
	    {"batchresize -s 1920 -q 85 -o web/ photos/ cover.jpg",
	     "at most 1920 pixels wide, into web/"},
	    {"batchresize -s 400x400 --fit=cover --gravity=attention -o thumbs/ photos/",
	     "square, around what draws the eye"},
	    {"batchresize -f webp -o web/ photos/",
	     "as WebP; said again, only what is new or has changed"},
	    {"find . -name '*.jpg' -mtime -7 -print0 | batchresize -0 --files-from=-",
	     "last week's pictures"},
	    {"batchresize -s 320,640,1280 --srcset=web/srcset.json -o web/ photos/",
	     "three sizes of each, and the HTML to show them"},
	    {"batchresize -s 400 -o thumb.webp photo.jpg", "one picture, under a name of its own"},
	    {"batchresize -n photos/", "say what would be done"},
	    {"batchresize -s 50% - <in.png >out.png", "one picture through a pipe"},
	    {0},
	};

	return examples;
}

const struct cli_exit *cli_exits(void)
{
	static const struct cli_exit exits[] = {
	    {"0", "all done, nothing to do, or time was up (--max-time)"},
	    {"1", "some images failed"},
	    {"2", "the command line makes no sense"},
	    {"3", "the run could not start or go on, or finds a PATH emptied"},
	    {"4", "another run writes to the same directory (--lock)"},
	    {"128+N", "ended by signal N"},
	    {0},
	};

	return exits;
}
