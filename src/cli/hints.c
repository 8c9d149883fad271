/* hints.c - see hints.h.
 *
 * Names are those of convert, mogrify, vipsthumbnail, sharp-cli, jpegoptim, cp, rsync and parallel,
 * and what people try first. Names that will be options one day belong here only until then.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "cli/hints.h"

struct hint {
	const char *names; /* each between two blanks */
	const char *advice;
};

static const struct hint hints[] = {
    {" width w max-width resize-width ", "say --size=800 for a width"},
    {" height max-height ", "say --size=x600 for a height"},
    {" resize scale thumbnail thumb dimensions geometry box max-size max ",
     "say --size=800x600, --size=800 or --size=50%"},
    {" percent ", "say --size=50%"},
    {" crop cover square ", "say --fit=cover, which crops to the --size; --gravity says where"},
    {" contain inside ", "say --fit=contain, which is the default"},
    {" stretch distort exact force-size ", "say --fit=fill, which distorts to the --size"},
    {" extend extent letterbox ", "say --fit=pad; --background says in which colour"},
    {" upscale enlarge-small allow-upscale grow ", "say --enlarge"},
    {" no-upscale no-enlarge only-shrink shrink-only ", "nothing is enlarged without --enlarge"},
    {" r R recursive recurse ", "a directory is always walked with all below it: leave it out"},
    {" threads T t ", "say --jobs=N for how many at once, and --mode=thread for threads"},
    {" workers processes procs parallel cpus cpu cores concurrency P max-procs nproc n-jobs "
     "num-threads nthreads num-workers ",
     "say --jobs=N for how many at once"},
    {" in-place inplace replace-source replace mogrify ",
     "a source is never written to: say --output=DIR, look, and replace them yourself"},
    {" overwrite force y F replace-existing ", "say --existing=overwrite"},
    {" skip-existing no-clobber no-overwrite skip ignore-existing ", "say --existing=skip"},
    {" resume continue ", "say the same as before: a run goes on where one was stopped"},
    {" newer only-newer u if-newer changed ", "say --existing=update, which is the default"},
    {" keep-exif exif keep-metadata with-metadata keep-all keep-gps ", "say --metadata=keep"},
    {" strip strip-all strip-exif strip-metadata no-exif no-metadata ",
     "say --metadata=strip, which is the default"},
    {" icc keep-icc keep-profile keep-colour keep-color ", "say --profile=keep"},
    {" suffix append ", "say --name='{stem}-small.{ext}'"},
    {" prefix ", "say --name='small-{stem}.{ext}'"},
    {" rename template pattern filename ", "say --name='{stem}-{size}.{ext}'"},
    {" jsonl ndjson csv ", "say --report=FILE, for a JSON line an image"},
    {" log logfile ", "say --log-file=FILE for messages, --report=FILE for a JSON line an image"},
    {" no-progress no-bar noprogress ", "say --progress=never"},
    {" bar progressbar ", "say --progress=always"},
    {" silent no-output ", "say --quiet"},
    {" outdir out-dir output-dir output-directory outputdir dest destination dir d target "
     "to ",
     "say --output=DIR"},
    {" i input in input-dir source from ", "name files and directories without an option"},
    {" output-file outfile out-file outputfile ", "say --output=thumb.jpg"},
    {" list filelist file-list files ", "say --files-from=LIST"},
    {" type ext extension to-format convert output-format out-format fmt ",
     "say --format=jpeg, or another of its words"},
    {" jpg jpeg webp png avif ", "say --format=jpeg, or another of its words"},
    {" progressive interlace ", "say --jpeg-progressive"},
    {" compression compression-level effort speed ", "say --quality=N, or --png-effort=N"},
    {" sampling-factor subsampling chroma ", "say --jpeg-subsampling=420"},
    {" auto-orient autorotate auto-rotate rotate orient ",
     "pictures come out upright by themselves: leave it out"},
    {" dryrun simulate just-print check ", "say --dry-run"},
    {" mirror flatten no-mirror no-tree junk-paths ", "say --flat"},
    {" ignore-case iname ", "globs heed no case: leave it out"},
    {" case-sensitive case ", "say --match-case"},
    {" max-depth maxdepth no-recursive no-recurse ",
     "say --exclude='*/', which enters no directory below"},
    {" sync durable ", "say --fsync"},
    {" limit memory mem max-mem ", "say --max-memory=SIZE"},
    {" no-timeout ", "say --timeout=0"},
    {" watermark overlay stamp ",
     "say --plugin with code of your own that draws it: see PLUGINS in "
     "the man page"},
};

/* Words that an option does not know. */
static const struct word_hint {
	const char *option, *names, *advice;
} word_hints[] = {
    {"format", " heic heif hif ",
     "HEIC sources stay HEIC with keep, -o NAME.heic makes one of any picture; avif is close to "
     "it"},
    {"fit", " crop square ", "say cover, which crops to the --size"},
    {"fit", " inside scale max limit ", "say contain, which is the default"},
    {"fit", " stretch distort exact force ", "say fill, which distorts to the --size"},
    {"fit", " letterbox extend extent ", "say pad; --background says in which colour"},
    {"fit", " attention entropy smart centre center ",
     "say cover, and with --gravity what to keep"},
    {"gravity", " top up ", "say north"},
    {"gravity", " bottom down ", "say south"},
    {"gravity", " left ", "say west"},
    {"gravity", " right ", "say east"},
    {"gravity", " smart auto face faces ", "say attention, or entropy"},
};

static bool is_among(const char *names, const char *name, size_t length,
                     int (*compare)(const char *, const char *, size_t))
{
	while (*names == ' ' && names[1]) {
		size_t known = strcspn(names + 1, " ");

		if (known == length && compare(names + 1, name, length) == 0)
			return true;
		names += 1 + known;
	}
	return false;
}

const char *hint_of_option(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (is_among(hints[i].names, name, length, strncmp))
			return hints[i].advice;
	}
	return NULL;
}

const char *hint_of_word(const char *option, const char *word)
{
	for (size_t i = 0; i < sizeof(word_hints) / sizeof(word_hints[0]); i++) {
		if (strcmp(word_hints[i].option, option) == 0 &&
		    is_among(word_hints[i].names, word, strlen(word), strncasecmp))
			return word_hints[i].advice;
	}
	return NULL;
}
