/* man_texts.c - what the man page says besides the option table. */
#include "cli/document.h"

static const struct man_part description[] = {
    {NULL, "Resizes images: single files, whole directory trees, lists of files, or one image "
           "through a pipe. By default every picture comes out at most 800 pixels wide and 600 "
           "high, in its own format and upright, and images/ becomes resized_images/ with the "
           "same tree below it."},
    {NULL, "A source is never written to. An output appears whole or not at all, whatever ends "
           "the run. An image that is damaged, hostile or too slow costs itself and nothing "
           "else: it is reported, and the rest goes on."},
    {NULL, "Not the name of a file but its first bytes say what it is. Below a directory, files "
           "are taken whose extension promises an image or which begin like one. What can't be "
           "resized there is passed over and counted (--strict makes it a failure); what is "
           "named as a PATH or in a list and can't be is an error."},
    {NULL, "Outputs may lie beside their sources. JPEG, PNG, TIFF and GIF outputs carry a mark "
           "of a few bytes, whatever --metadata says: one whose name is what this run's template "
           "makes is passed over (own-output), and one of such a name without the mark is a "
           "photograph. In other formats it is passed over when its original is there and it has "
           "the size of an output of that. Any other file is a source, and the picture whose "
           "output would replace it is refused (output-is-source)."},
    {NULL, "Options may stand before and after paths, and -- ends them. Where an option is "
           "given twice the last one counts, except for those that say they are repeatable. "
           "Names of options can't be shortened."},
    {0},
};

static const struct man_part modes[] = {
    {NULL, "The mode decides who reads, computes and writes. The pictures are the same to the "
           "last byte."},
    {"auto", "The default. As process or hybrid, each picture by itself: one that is in memory "
             "already goes "
             "process's way, and of others a large one, which spares a copy, until files turn "
             "out to have to be waited for; a small one goes hybrid's. How many threads read "
             "follows what that brings: more while workers "
             "have nothing to do and the files are waited for, fewer where more were of no "
             "use. For a few small pictures there is one worker. With --trusted pictures may be "
             "made in the program itself: by threads where files need not be waited for, and a "
             "few small ones one after another. --verbose says what was chosen, and why."},
    {"process", "Worker processes, each of which reads, computes and writes, and is reused for "
                "many images. One that crashes or runs into --timeout is replaced and costs its "
                "one image, which is tried again --retries times and then reported. Threads of "
                "the program open the files and give outputs their names: if that hangs, on a "
                "mount whose server is gone, it costs the image after --timeout, and is not tried "
                "again. The run ends when too many files hang."},
    {"hybrid", "Threads read into memory that worker processes share, and write from it; the "
               "workers compute, and open no file. As safe as process, and waiting for slow "
               "disks occupies no worker. --io-threads says how many threads. --timeout counts "
               "for reading, for the work on the picture and for writing, each by itself. All "
               "files being worked on and the pictures made of them share 1 GiB of memory, so a "
               "single file can't be "
               "larger."},
    {"thread", "Worker threads; each reads, computes and writes its own image. They start at "
               "once and share memory, but one crash in a decoder ends the run. A thread that is "
               "stuck can't be killed: after --timeout its image is reported, whatever it may "
               "still produce is thrown away, and another thread takes its place."},
    {"serial", "One image after another in the program itself. For a single picture, and to "
               "compare the others with. A picture can't be interrupted: one that took longer "
               "than --timeout is given up when it ends. (In all modes the image library is "
               "also asked to stop earlier, and mostly does.) A file that hangs, on a mount whose "
               "server is gone, hangs the run; a second signal ends it after some seconds."},
    {0},
};

static const struct man_part sandbox[] = {
    {NULL, "A picture may be made to take over whoever decodes it. Worker processes are shut in "
           "before they see one (--sandbox): what comes of it reaches the picture's own bytes, "
           "and the job ends as a failure or a crash of that picture."},
    {"seccomp", "A filter of system calls: memory, threads, clocks, and reading and writing what "
                "the worker was handed. No file can be opened, no program or process started, "
                "nobody signalled or traced, no socket made. Needs libseccomp2."},
    {"landlock", "The same for files by another part of the kernel (5.13 and later, where it is "
                 "not switched off); by later ones also for TCP ports, and for signals and "
                 "abstract sockets of others."},
    {"no_new_privs", "No capability is left, and no program could give one back. The worker can't "
                     "be traced or dumped."},
    {NULL, "Containers and services may forbid the calls by which this is asked for: seccomp(2), "
           "landlock_restrict_self(2), prctl(2). A picture whose bytes need a library that was "
           "not loaded yet is handed to another worker, which has it."},
    {0},
};

static const struct man_part urls[] = {
    {NULL,
     "A PATH, and a path in a list, that begins with http://, https:// or redis:// is fetched, in "
     "every mode: by the threads that read and write, and in the modes thread and serial by the "
     "worker. --io-threads=10 waits for ten servers at once in hybrid mode. Connections are "
     "kept and, with HTTP/2, shared. What came is judged by its bytes, whatever the server "
     "calls it: a web page in place of a picture is not-an-image. Needs libcurl4."},
    {"Outputs", "With --output they lie below it at the URL's path, without host and query: "
                "https://example.org/a/b%20c.jpg?v=2 becomes out/a/b c.jpg, or out/b c.jpg with "
                "--flat. Without, they are made in the working directory, as resized_b c.jpg. %XX "
                "is decoded; what no file name can contain, and a dot at its beginning, become _, "
                "and a path that ends with a slash is called index. Where the last part does not "
                "end as a picture's name does, a hash of the query is appended to it. URLs that "
                "come to one name are a collision, as files are."},
    {"Servers", "Redirects are followed, ten at most. Certificates are checked. A server that is "
                "busy or silent is asked again (--fetch-retries), one that answers with an error "
                "is not: http-not-found, http-denied, http-error or network. Proxies are those of "
                "http_proxy, https_proxy, all_proxy and no_proxy in the environment."},
    {"Redis",
     "A picture may lie under a key of a Redis server, as a string: "
     "redis://[[USER]:PASSWORD@]HOST[:PORT]/[DATABASE/]KEY. The parts are percent-decoded; a ? or "
     "# "
     "belongs to the key. A first part that is a whole number is the database, 0 without: the key "
     "3/a is at redis://HOST/0/3/a. Its outputs are called as those of a file at the path KEY. Who "
     "gives a picture to the program hands over its key instead of its bytes; the program's "
     "threads read them (the worker in the modes thread and serial), and a worker process gets "
     "them "
     "in memory, since it has no network. --allow-private, --max-download, --fetch-retries and "
     "--timeout hold for keys, too. Needs libhiredis."},
    {"Outputs in Redis",
     "With --output=redis://HOST[:PORT]/[DATABASE/][PREFIX] outputs become values of keys, whose "
     "names are the paths that they would have below a directory, with PREFIX before them; a slash "
     "is put between if PREFIX ends with a letter or digit: x and x/ make x/a.jpg, thumb: makes "
     "thumb:a.jpg. If one file is named and PREFIX has an image's extension, it is the key itself. "
     "A line of a list or an order may name a key as its output, too, with or without --output. A "
     "value is written at once, by the program's threads and not by a worker process; those of "
     "several sizes one after the other. It replaces a string, and never a key of another type or "
     "that of a source in the same list; localhost and 127.0.0.1 count as two servers. "
     "--existing=skip passes over what has a value, error refuses it; nothing is remembered, so "
     "that all is made anew otherwise. A server without memory costs the pictures that it does not "
     "take; one that is a replica or can't be reached ends a run whose --output it is. An order is "
     "left for later then."},
    {"Again",
     "--existing=update asks the server of a picture that was made before whether it has "
     "changed, by the ETag and Last-Modified that it sent then; where it sent neither, and of "
     "keys, the bytes are compared. --existing=skip and error ask no server for what is there."},
    {NULL, "User, password and fragment of a URL are left out of messages, reports and logs; its "
           "query is not."},
    {0},
};

static const struct man_part laboratory[] = {
    {NULL, "batchresize lab [PATH]... measures, for a minute or so, what pools cost on this "
           "machine: starts, memory, messages, bytes handed over, tasks that wait and tasks that "
           "compute; the same of Python's pools if there is a python3; and pictures from the "
           "paths, at most 1,000 of all that are found in some seconds, one at a time and then in "
           "all modes with 1, 2, 4 and up to --jobs workers. It says which options to take, and "
           "what is lost with others."},
    {NULL, "Sources are only read, and read again and again: it measures with files that the "
           "system has in memory, as far as they fit. What is made of them, by the options of "
           "size, format and quality, goes to a directory below $TMPDIR (or /tmp), which is "
           "removed at the end, also when a signal comes. The machine should have nothing "
           "else to do; where its load average says that it has, that is told."},
    {NULL, "--json and --markdown print the figures so; --html writes a page with them. A "
           "number that could not be measured is null in JSON and - elsewhere."},
    {0},
};

const struct man_section man_introduction[] = {
    {"DESCRIPTION", description}, {"MODES", modes},           {"URLS", urls},
    {"SANDBOX", sandbox},         {"LABORATORY", laboratory}, {0},
};

static const struct man_part several_sizes[] = {
    {NULL, "-s 320,640,1280,1920 decodes each picture once and publishes all its sizes or none: "
           "outputs get their names when every one of them is whole. If one of them can't be "
           "given its name, the others are taken back, and files that they replaced return (on "
           "a file system that has neither RENAME_EXCHANGE nor hard links these stay replaced). "
           "A picture that is too small for a size keeps its own, once; sizes that come to the "
           "same are left out and noted (size-skipped)."},
    {NULL, "--name is a path below the directory where the output would lie anyway, so that a "
           "tree stays mirrored and nothing leads out of it: {size}/{stem}.{ext} puts "
           "photos/x/a.jpg at resized_photos/x/320/a.jpg. A name with {width} or {height} is "
           "known only when the picture is done, and so is whether it exists already "
           "(--existing) or would replace a source."},
    {NULL, "--existing=skip and update leave an image alone when every size that would be made "
           "is there, and make all anew otherwise."},
    {0},
};

static const struct man_part formats[] = {
    {NULL, "JPEG, PNG, WebP, TIFF, GIF, AVIF, HEIC and JPEG XL. HEIC is written if the "
           "source is HEIC or --output is a .heic; the others are words of --format. 'batchresize "
           "-V -v' lists what "
           "this system can read and write. If a codec is missing, the error names its "
           "package: before the run with --format, for each picture without. In Debian 13 AVIF "
           "is written by libheif-plugin-aomenc, HEIC by libheif-plugin-x265."},
    {"Animation",
     "GIF and WebP keep every frame, its time and the loop count when the output is "
     "GIF or WebP. Each frame is a picture of its own, and only one is in memory at "
     "a time. A frame that equals the one before may be merged into it. An "
     "animation has at most --max-frames frames, each within --max-pixels and all "
     "together within eight times that. -f jpeg or png takes the first frame. If a still "
     "picture is made of several (animated PNG, the pages of a TIFF, the other "
     "images of a HEIF, the frames of a JPEG XL or of an AVIF sequence), "
     "animation-dropped is noted."},
    {"TIFF", "The picture is taken, never a thumbnail that comes before it: also if it is a "
             "SubIFD or a later page. RAW photographs (DNG, NEF, CR2, ARW, PEF, ORF, RW2, RAF, CR3 "
             "and others) are not developed, and refused as raw-thumbnail-only. A scanned page of "
             "one bit that keeps its size keeps its bit, and group 4 if it was coded as a fax."},
    {"Damage", "A picture of which data is missing fails, unless --fail-on=none takes what there "
               "is and notes it as truncated: what is cut off, and what is zeros though no picture "
               "of its kind has any. A GIF or PNG that lacks only its last mark is whole. A JPEG "
               "that libjpeg warns of is made and noted as damaged, unless --fail-on=warning "
               "refuses it; of data that need not be read for the size, as those of a progressive "
               "JPEG's later scans, nothing is said. A file that is whole and of a kind that this "
               "system's decoder does not know is unsupported, not corrupt, and the decoder's own "
               "words say why."},
    {"PNG", "The smallest of several ways to store the same pixels is taken: a palette of 1, 2, "
            "4 or 8 bits (or gray, if it was gray) where 256 colours are enough, otherwise "
            "truecolour of 8 or 16 bits. An alpha channel that is opaque is dropped. If the "
            "pixels stay as they are and the source's own compressed data is smaller than all "
            "these, it is copied. A palette picture that has more colours at its new size "
            "becomes truecolour, unless that is larger than the source and 256 colours can be "
            "found that can't be told from it (by CIEDE2000)."},
    {"JPEG", "A JPEG that becomes a JPEG stays in its own colour planes from end to end, which "
             "is fastest. What can't go this way goes through libvips, and -v gives the reason: "
             "CMYK, colours that have to be converted, --linear, --gravity=attention or entropy."},
    {0},
};

static const struct man_part plugins[] = {
    {NULL, "A plugin is a shared object, written in C or in any language that can export the same "
           "symbol: br_plugin_entry, a table of functions, which <batchresize/plugin.h> "
           "describes in full. init() is called once in each worker, to load a model say; pixels() "
           "for each picture, in each size asked for and each frame of an animation that is "
           "kept. It sees the finished picture, upright and in its final size, as RGB or gray "
           "of 8 bits with or without alpha, and may change it."},
    {"Several at a time",
     "A plugin with batch() in place of pixels() says how many pictures it wants at most, up to "
     "64. Each worker makes so many and keeps them for one call, then encodes each; together they "
     "have the memory of one worker (--max-memory), and one for which there is none beside the "
     "others is made again alone. It waits for no picture that is not ready, so the last ones of a "
     "run, and those of a slow source or a watched directory, come in smaller "
     "numbers, and with the mode serial each comes by itself."},
    {"Build", "cc -shared -fPIC -o mark.so mark.c, with $(pkg-config --cflags batchresize) where "
              "the headers are not found by themselves."},
    {"Isolation",
     "In the modes auto, process and hybrid it works in the workers, under --timeout and "
     "within their memory (what init() takes is not counted), and once init() has "
     "returned within their SANDBOX: it can open nothing. A crash or hang in "
     "pixels() costs that picture, with the stage plugin, and is remembered like "
     "any other (--retry-poison). After one in batch(), which has --timeout, or ten times "
     "as long for each of its pictures as any took before, if that is more, they are made "
     "again and shown to it in two halves, and so on, "
     "each with the time of one picture, until the one that it can't bear is alone: "
     "it costs no other picture either. In the modes thread and serial a crash ends the "
     "run; with thread several instances run at the same time."},
    {"Beginning", "Its file is loaded once to try it before anything else is done: what is no "
                  "plugin, or is made for another version of the interface, ends the run with "
                  "status 2. If init() fails, crashes, or takes longer than both --timeout and ten "
                  "seconds, the run ends with status 3, and says so once."},
    {"Results", "What it tells of a picture stands in the report line's object plugin. One that "
                "it drops is skipped with the code dropped: no size of it is made, outputs of an "
                "earlier run stay, and it is not asked again until the picture, an option or "
                "the plugin changes (--existing=overwrite asks). One fails with the code plugin if "
                "the plugin says so, changes its size, or writes outside of its pixels."},
    {"Pictures",
     "CMYK and CIELAB become RGB for it, whatever --profile says. Of a JPEG that stays "
     "a JPEG only pixels that were changed are coded anew. Pictures too large to be held "
     "are brought into memory once they have their size."},
    {0},
};

static const struct man_part colour[] = {
    {NULL, "Colours are converted by littleCMS after resizing: by the profile's own perceptual "
           "table if it has one (CMYK, scanners), otherwise relative colorimetric, with "
           "black point compensation. A profile that says what sRGB says, by its content, costs "
           "no conversion. A broken one counts as sRGB (profile-broken). CMYK without a profile "
           "is taken for offset printing on coated paper (ISO 12647-2), whose black ink is "
           "neutral black (profile-missing). PNG's cICP, sRGB, gAMA and cHRM, the numbers of "
           "AVIF and HEIC (nclx, else those in the coded picture), and EXIF's word for Adobe RGB "
           "in a JPEG count as a profile "
           "does; numbers of no known meaning count as sRGB (colours-unknown). What has been "
           "converted carries no profile: untagged is sRGB. Pictures of 16 bits are resized and "
           "converted at 16 bits, and reduced at "
           "the end (depth-reduced) for all formats except PNG, TIFF and JPEG XL."},
    {NULL, "High dynamic range (PQ and HLG, by cICP, nclx, JPEG XL or a profile) is brought into "
           "what sRGB can show (tone-mapped): by ITU-R BT.2390, with 203 cd/m2, the reference "
           "white of BT.2408, near white. A gain map is not kept (gain-map-dropped)."},
    {NULL, "--profile=keep leaves colours alone and embeds the profile, whatever --metadata "
           "says. CMYK stays CMYK in JPEG and TIFF, Lab in TIFF, unless a background is painted; "
           "elsewhere they are converted. So is everything that becomes a GIF, which has no "
           "place for a profile. PQ and HLG stay in PNG, AVIF and HEIC, which tell them by "
           "numbers, and elsewhere where a profile does; otherwise they are tone mapped."},
    {0},
};

static const struct man_part metadata[] = {
    {NULL, "By default only what a viewer needs is kept: where and by whom a photograph "
           "was taken does not reach the output. --metadata=keep keeps what the output's format "
           "has a place for:"},
    {"JPEG", "EXIF up to 64 kB, XMP (extended too), IPTC, comment: byte for byte."},
    {"PNG", "EXIF, XMP, comment, other text of a PNG: byte for byte."},
    {"WebP, JPEG XL", "EXIF, XMP: byte for byte."},
    {"AVIF, HEIC", "EXIF, XMP. EXIF is written anew by libexif: maker notes may suffer."},
    {"TIFF", "XMP, IPTC: by libvips."},
    {"GIF", "Nothing."},
    {NULL, "EXIF is not read from TIFF, nor from JPEG XL if it is compressed; nothing is read "
           "from GIF. In EXIF and XMP only what would be untrue is changed: orientation, sizes, "
           "the colour space after a conversion, the places of faces and subjects, panoramas. "
           "What is not there any more goes: thumbnails, gain maps, depth, motion photos. What is "
           "damaged, or can't be made true, goes too, with the note metadata-dropped. Density is "
           "kept in JPEG, PNG and TIFF, elsewhere in EXIF. The orientation of EXIF does not count "
           "in HEIC and AVIF: where their own transformations do not turn the picture it is not "
           "turned, the tag stays as it is, and the note is orientation-ignored."},
    {NULL, "A profile of sRGB is kept as well. Photoshop's other resources are not."},
    {0},
};

static const struct man_part incremental[] = {
    {NULL,
     "A run remembers what it made in .batchresize/state.db, an SQLite database below its "
     "output directory: that of --output, or the one it makes for a directory of sources "
     "(resized_photos; of more than 16 the first 16). Outputs beside their sources and an "
     "--output that is a file leave no such directory behind. Scans pass over it. Pictures of a "
     "list that comes through a pipe are looked up one by one as they come, and remembered "
     "if there is an --output; entries that say what becomes of them by what they say."},
    {NULL, "With --existing=update, the default, a picture is left alone when its source has "
           "the size, modification time and inode it had, every option that matters for its format "
           "and the versions of the program and the libraries that made it are the same, and its "
           "outputs are as they were left. If only an inode differs or the time of the last "
           "status change, as after a backup was restored or a hard link made, the bytes are "
           "compared; those of a source also if its modification time differs, unless outputs are "
           "to have that (--preserve=times). Sources may be "
           "moved as a whole, outputs as well. --explain says of each picture what has "
           "changed, and with --dry-run before anything is done. Runs that call their outputs "
           "otherwise, as one for "
           "each --format, --name or list of sizes, may have one output directory: each remembers "
           "its own."},
    {NULL, "A run that was stopped, killed or lost its power goes on when it is started again. "
           "If the database is missing, damaged (it is set aside as state.db.damaged), from a "
           "newer version, in use or can't be written, that is said once, and what is there is "
           "left alone unless its source is newer, or it was made with other options or versions: "
           "that is in a file of its own, .batchresize/ways, which has when each came to be used. "
           "Times of modification are compared as exactly "
           "as both file systems keep them. If there is no .batchresize at all, as in a "
           "directory that an older version or another program has filled, or neither file in it, "
           "everything is made "
           "anew, or, if update is asked for by name, what is older than its source. So to forget "
           "everything, remove that directory."},
    {0},
};

static const struct man_part pruning[] = {
    {NULL, "--prune removes outputs that nothing asks for any more, when all pictures are made: "
           "those of sources that are gone, and those of sizes that are not asked for any more, "
           "once others of the same picture have been made in their place (--size=320,640 after "
           "--size=320,640,1280; also where the names change with that, as with --size=320 "
           "alone). Two lists that share a size and have "
           "taken turns, so that one "
           "has been asked for again after the other, stand side by side: neither takes from the "
           "other. It knows them by what is remembered in .batchresize/ of runs "
           "over the same directories that call their outputs the same. A run with other sources, "
           "or with another --format, --name or other --size, into the same output directory has "
           "outputs of its own, and they stay. --prune-all takes those of other options for "
           "left over as well."},
    {NULL, "An output stays that was there before it was made, that a list named, or that is not "
           "as it was left (size, modification time, inode, and the bytes if its status has "
           "changed since): what somebody has put in its place "
           "is his. Of sources that can't be looked at, in a directory that can't be read or on a "
           "disk that fails, nothing is removed, nor of those that options now leave out. A run "
           "of a list, one that was stopped, and one that --max-failures or a time box ended "
           "remove nothing. No symbolic link is followed."},
    {NULL, "A disk that is not mounted looks like sources that are gone. Nothing is removed when "
           "a directory that was named holds no picture any more, nor of a directory in it that "
           "is there, holds none any more, and is another one than it was or a disk of its own, "
           "nor of one that was a disk of its own and is gone, unless --force-empty says that "
           "this is so. If more would go than --max-delete, nothing goes."},
    {NULL, "What is removed has a report line each, with the status skipped, the code pruned, and "
           "as source the one that is gone, or none where a size is not asked for any more. It "
           "counts as no image. A picture that is gone is no poison any more either. --dry-run "
           "lists what would go."},
    {0},
};

static const struct man_part limits[] = {
    {NULL, "What is larger is refused before it is decoded and costs its own picture, with a code "
           "that says so and an error that names the limit and what raises it. None of them is "
           "met by an ordinary photograph."},
    {"--max-pixels", "Width times height, of the picture, of each frame and of each output: code "
                     "too-many-pixels. All frames together, and all scans of a JPEG together that "
                     "are more than 16 times as many: too-large."},
    {"--max-frames", "Frames of an animation that is kept: too-large. Of a GIF 4,096 can be read, "
                     "and all frames together may have 10,000,000 lines; both are fixed."},
    {"--max-scans", "Scans of a JPEG: too-large."},
    {"--max-metadata", "Bytes, decompressed, of each of EXIF, XMP, IPTC, comment and text: left "
                       "out, with the note metadata-dropped. Of a profile: taken for a broken one, "
                       "with the note profile-broken; PNG's are limited as well by the "
                       "library that reads them. Of all that a TIFF has besides its picture: "
                       "too-large. XMP of more than 200,000 elements is left out."},
    {"--max-memory",
     "Bytes that a picture is expected to take: too-large. Those that a worker takes "
     "in truth are limited too (RLIMIT_DATA), by this and to 1.5 GB: memory. No "
     "picture may take more than 880 MB. See also ulimit -v and -d."},
    {"--timeout", "Seconds for one picture: timeout."},
    {"A file", "1 GiB: too-large. In hybrid mode less, see MODES."},
    {"A side", "1,048,560 pixels of an output: too-many-pixels. What the output's format can hold, "
               "16,383 of WebP and 65,535 of JPEG and GIF: encode."},
    {0},
};

const struct man_section man_reference[] = {
    {"SEVERAL SIZES", several_sizes},
    {"INCREMENTAL RUNS", incremental},
    {"PRUNING", pruning},
    {"FORMATS", formats},
    {"PLUGINS", plugins},
    {"COLOUR", colour},
    {"METADATA", metadata},
    {"LIMITS", limits},
    {0},
};

static const struct man_part watching[] = {
    {NULL, "With --watch the program goes on after its first run: what is written into the "
           "directories, or moved or linked there, is resized once it is closed, new directories "
           "and what they hold included. What was there before it was watched is taken when "
           "nobody is writing it: if the system can't tell, when it has not changed for "
           "two seconds. Selection, "
           "collisions, state and report are those of an ordinary run; of later runs only "
           "what was made or has failed is told. An output directory below a source is not "
           "watched. SIGTERM ends it gently."},
    {NULL, "The kernel tells of changes (inotify) if it sees them all. On NFS, SMB, FUSE and "
           "overlay, and where the user's fs.inotify.max_user_watches are used up, which is "
           "told, everything is looked through every --watch-interval seconds as well. So it is, "
           "once, when changes came faster than the kernel could note them. A directory that "
           "was named and has gone is waited for."},
    {0},
};

static const struct man_part queues[] = {
    {NULL, "With --queue any number of programs share the orders that others add to a stream of a "
           "Redis server (6.2 or later). An entry has fields named as those of "
           "--list-format=ndjson, or a "
           "single field of any other name whose value is the JSON object:"},
    {NULL, "XADD images * source in/1.jpg output a/1.webp size 800x600"},
    {NULL, "XADD images * json '{\"source\": \"in/1.jpg\"}'"},
    {NULL,
     "An order that comes twice is made twice, with the same bytes: an output gets its name first, "
     "and only then the server is told. Nothing is remembered below the output "
     "directory and no lock is taken there, since other members may write there too. What "
     "fails for good goes to --dead-letters. What this machine can't do for now (a full disk, no "
     "memory) is left to be taken over, and an order that was taken over ten times goes to the "
     "dead letters as well; that is counted in the hash STREAM:tries."},
    {NULL, "A signal ends the run gently: what is under way is finished, the rest is handed back. "
           "While the server is gone or refuses to be told, the run goes on with what it has, and "
           "tries again. Entries stay in the stream until whoever adds them trims it (XTRIM)."},
    {NULL, "Whoever may add to the stream may have any picture resized that the program can read, "
           "and names its output below --output. Source and output may be redis://HOST/KEY, "
           "so that an order passes ids instead of files; keys of the queue's own server, as "
           "--queue writes its host and port, may be private and are read and written with the "
           "user and password of --queue: let that user reach no others (ACL SETUSER). It "
           "needs XREADGROUP, XACK, XCLAIM, XAUTOCLAIM, XPENDING, XGROUP, TYPE, HINCRBY, HDEL, "
           "EVAL and XADD; what is missing of these is told at the start."},
    {0},
};

static const struct man_part signals[] = {
    {"SIGHUP", "Opens --log-file anew, if there is one; otherwise ends the run as SIGTERM does."},
    {"SIGINT, SIGTERM",
     "End the run gently: nothing new is begun, images being worked on are finished and "
     "published, the summary is printed. A second one kills the workers. Neither leaves "
     "temporary files behind. If the program itself is killed, the kernel ends its workers."},
    {"SIGUSR2, SIGXCPU", "End the run gently, however often they come: schedulers send them when "
                         "the time is nearly up."},
    {"SIGUSR1", "Prints how far the run is."},
    {0},
};

static const struct man_part services[] = {
    {NULL, "Under cron, --quiet leaves mail only where something failed. --finish-by ends the run "
           "before the day begins, and the next one goes on where it ended; what was left is "
           "no failure."},
    {NULL, "As a service of systemd it speaks to the journal by itself (--log-format), and with "
           "Type=notify or NotifyAccess=main tells when work begins (READY), how far it is "
           "(STATUS), that it is alive (WATCHDOG, twice in each WatchdogSec; in serial mode "
           "only between pictures), that a log is being opened anew (RELOADING) and that it is "
           "done (STOPPING). While images are looked for the time for the start is extended."},
    {NULL, "'batchresize_last_success_timestamp_seconds' of --metrics is what to set an alert "
           "on: it stays what it was when runs fail, are killed, or do not begin at all."},
    {0},
};

static const struct man_part environment[] = {
    {"NOTIFY_SOCKET, WATCHDOG_USEC, JOURNAL_STREAM",
     "Set by systemd for its services: see SERVICES. --on-finish does not get the first two."},
    {"XDG_CONFIG_HOME, HOME", "Where the user's defaults are: see FILES."},
    {"NO_COLOR", "If set to anything, nothing is printed in colour."},
    {"TERM", "If it is dumb, no bar is drawn."},
    {"LC_ALL, LC_CTYPE, LANG", "Unless they say UTF-8, the bar is drawn in ASCII."},
    {0},
};

static const struct man_part files[] = {
    {"$XDG_CONFIG_HOME/batchresize/config, or else ~/.config/batchresize/config",
     "The user's defaults. Without either variable, as under env -i, there are none."},
    {".batchresize.conf in the one directory that is named as PATH",
     "Defaults for the pictures in it, which count more than the user's. Whoever may put pictures "
     "there may write it: it can set sizes, names and formats of outputs and choose among files, "
     "and no option that reads, writes or runs anything elsewhere, keeps what is private, lifts a "
     "limit or enlarges. A link is refused. Beside other PATHs it is an error. --config=none "
     "leaves it and the user's file out."},
    {NULL, "Each line is KEY = VALUE, where KEY is the long name of an option. An option without "
           "an argument stands alone or is yes or no (--enlarge=no on the command line undoes it "
           "for once). A line that begins with # is a comment, and so is what follows a # between "
           "blanks. A value may stand in quotes, '...' or \"...\"; in the latter \\\" and \\\\ "
           "stand for \" and \\. Options that can be repeated are repeated, and add up with those "
           "of the command line; any other stands once. Paths are as on the command line, from the "
           "working directory on. What makes no sense for a run, such as --preserve with '-', is "
           "left out."},
    {NULL, "What follows a line [preset NAME] counts only with --preset=NAME. The command line "
           "counts more than presets, these more than what stands before them. --show-config says "
           "what came of it all, with file and line."},
    {0},
};

const struct man_section man_surroundings[] = {
    {"WATCHING", watching},
    {"QUEUES", queues},
    {"SIGNALS", signals},
    {"SERVICES", services},
    {"FILES", files},
    {"ENVIRONMENT", environment},
    {0},
};
