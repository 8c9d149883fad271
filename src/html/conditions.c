/* conditions.c - see conditions.h. */
#include "html/conditions.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/base.h"
#include "fetch/url.h"
#include "html/chart_parts.h"

/* Sources that are named. */
#define SOURCES_MAX 20
#define WORDS_LONG  160

/* The processor as /proc/cpuinfo calls it on x86: one line; else what the kernel calls its kind. */
static void processor_name(char name[WORDS_LONG], const char *machine)
{
	static const char key[] = "model name";
	FILE *stream = fopen("/proc/cpuinfo", "re");
	char line[WORDS_LONG];

	(void)snprintf(name, WORDS_LONG, "%s", machine);
	while (stream && fgets(line, sizeof(line), stream)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, key, sizeof(key) - 1) != 0 || !value)
			continue;
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(name, WORDS_LONG, "%s", value + 1 + strspn(value + 1, " "));
		break;
	}
	if (stream)
		(void)fclose(stream); /* it was read */
}

static void add_machine(struct text *page)
{
	struct utsname system = {0};
	char processor[WORDS_LONG], cpus[WORDS_LONG], kernel[2 * WORDS_LONG];
	const struct chart_words memory = say_size((double)memory_limit());

	(void)uname(&system);
	processor_name(processor, system.machine);
	(void)snprintf(cpus, sizeof(cpus), "%u", cpu_count());
	(void)snprintf(kernel, sizeof(kernel), "%.80s %.80s, %.80s", system.sysname, system.release,
	               system.machine);
	const struct html_fact facts[] = {{"Program", "batchresize " BATCHRESIZE_VERSION, NULL},
	                                  {"Processor", processor, NULL},
	                                  {"CPUs it may use", cpus, NULL},
	                                  {"Memory it may use", memory.text, NULL},
	                                  {"System", kernel, NULL}};

	html_heading(page, "Machine");
	html_list(page, facts, sizeof(facts) / sizeof(facts[0]));
}

static void add_mode(struct text *page, const struct html_run *run)
{
	const struct br_batch_options *options = run->options;
	char names[BR_EXECUTOR_WALL_NAMES_MAX], workers[32], threads[32];
	const bool processes =
	    options->mode != BR_EXECUTOR_SERIAL && options->mode != BR_EXECUTOR_THREAD;
	struct html_fact facts[4 + BR_EXECUTOR_MODES] = {
	    {"Mode", br_executor_mode_name(options->mode), NULL}};
	struct chart_words way[BR_EXECUTOR_MODES];
	size_t count = 1;

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		way[i] = say_count(run->figures->way[i]);
		if (i != options->mode && run->figures->way[i] > 0)
			facts[count++] =
			    (struct html_fact){br_executor_mode_name(i), way[i].text, "images"};
	}
	(void)snprintf(workers, sizeof(workers), "%u", run->workers);
	(void)snprintf(threads, sizeof(threads), "%u", run->io_threads);
	if (run->workers > 0)
		facts[count++] = (struct html_fact){"Workers", workers, NULL};
	if (run->io_threads > 0)
		facts[count++] = (struct html_fact){"I/O threads", threads, NULL};
	if (processes)
		facts[count++] = (struct html_fact){
		    "Sandbox",
		    run->walls ? br_executor_wall_names(run->walls, ", ", names) : "none", NULL};
	html_heading(page, "How");
	html_list(page, facts, count);
}

/* Without the password that a URL may have. */
static void add_source(struct text *page, const char *source)
{
	char public[URL_MAX];

	if (url_is(source))
		(void)url_public(source, public, sizeof(public));
	html_add_path(page, url_is(source) ? public : source);
}

static void add_sources(struct text *page, const struct br_batch_options *options)
{
	html_heading(page, "Sources");
	text_add(page, "<ul>\n");
	for (size_t i = 0; i < options->path_count && i < SOURCES_MAX; i++) {
		text_add(page, "<li class=\"path\">");
		add_source(page, options->paths[i]);
		text_add(page, "</li>\n");
	}
	if (options->path_count > SOURCES_MAX)
		text_addf(page, "<li>and %s more</li>\n",
		          say_count(options->path_count - SOURCES_MAX).text);
	if (options->files_from) {
		text_add(page, "<li>those listed in <span class=\"path\">");
		html_add_path(page, options->files_from);
		text_add(page, "</span></li>\n");
	}
	text_add(page, "</ul>\n");
}

void conditions_add(struct text *page, const struct html_run *run)
{
	html_heading(page, "Options");
	if (run->settings > 0)
		html_list(page, run->setting, run->settings);
	else
		html_paragraph(page, "None was given: all are at their defaults.");
	add_sources(page, run->options);
	add_mode(page, run);
	add_machine(page);
}
