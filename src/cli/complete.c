/* complete.c - completion scripts for bash, zsh and fish, made from the option table. */
#include <stdbool.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/document.h"
#include "cli/table.h"

static bool is_shown(const struct cli_option *option)
{
	return option->group != GROUP_HIDDEN;
}

/* Its names are those that --show-config knows by the files of the command line: of --config, or
 * the user's and that of the one source. */
static bool is_preset(const struct cli_option *option)
{
	return option == cli_option(OPTION_PRESET);
}

#define PRESET_NAMES "sed -n \"s/^# \\[preset \\(.*\\)\\]\\$/\\1/p\""

/* --- bash ------------------------------------------------------------------------------------- */

/* What stands before and after the cases of single options. */
static const char bash_head[] =
    "# Completion of batchresize for bash.\n"
    "_batchresize_presets()\n"
    "{\n"
    "\tlocal word last=\"\" config=() sources=()\n"
    "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "\t\t[[ $word == = ]] && continue\n"
    "\t\tword=${word/#\\~\\//$HOME/} word=${word//[\\\\\\\"\\']/}\n"
    "\t\tif [[ $word == --config=* || $last == --config ]]; then\n"
    "\t\t\tconfig=(\"--config=${word#--config=}\")\n"
    "\t\telif [[ $word != -* && $last != -o && $last != --output && -d $word ]]; then\n"
    "\t\t\tsources+=(\"$word\")\n"
    "\t\tfi\n"
    "\t\tlast=$word\n"
    "\tdone\n"
    "\t\"${COMP_WORDS[0]/#\\~\\//$HOME/}\" --show-config \"${config[@]}\" -- \"${sources[@]}\" "
    "2> /dev/null |\n"
    "\t\t" PRESET_NAMES "\n"
    "}\n\n"
    "_batchresize()\n"
    "{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} word before=\"\"\n"
    "\tCOMPREPLY=()\n"
    "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "\t\t[[ $word == -- ]] && return\n"
    "\tdone\n"
    "\t# --mode=pro comes as three words, or as one if = breaks none.\n"
    "\tif [[ $cur == --*=* ]]; then\n"
    "\t\toption=${cur%%=*} before=${cur%%=*}= cur=${cur#*=}\n"
    "\telif [[ $cur == = ]]; then\n"
    "\t\tcur=\n"
    "\telif [[ $option == = ]]; then\n"
    "\t\toption=${COMP_WORDS[COMP_CWORD-2]}\n"
    "\tfi\n"
    "\tcase $option in\n";

static const char bash_tail[] =
    "\t[[ $cur == -* ]] || return\n"
    "\tcompopt +o default\n"
    "\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
    "\t[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
    "\treturn 0\n"
    "} &&\n"
    "complete -o default -F _batchresize batchresize\n";

static void put_words(FILE *stream, const struct cli_option *option)
{
	for (const struct cli_word *word = option->words; word->name; word++)
		(void)fprintf(stream, "%s%s", word == option->words ? "" : " ", word->name);
}

static void put_bash_words(FILE *stream, const struct cli_option *option)
{
	/* Of a list only the part behind the last comma is completed. */
	if (option->kind == KIND_WORDS)
		(void)fputs("\t\t[[ $cur == *,* ]] && before+=${cur%,*}, cur=${cur##*,}\n"
		            "\t\tcompopt -o nospace\n",
		            stream);
	(void)fputs("\t\tcompopt +o default\n"
	            "\t\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W '",
	            stream);
	put_words(stream, option);
	(void)fputs("' -- \"$cur\")\n", stream);
}

/* A name may have blanks in it, and what has been typed of it backslashes or a quote, behind which
 * bash has it as it is. */
static void put_bash_presets(FILE *stream)
{
	(void)fputs("\t\tcompopt +o default\n"
	            "\t\tlocal form=%q\n"
	            "\t\t[[ $cur == [\\\"\\']* ]] && form=%s\n"
	            "\t\tcur=${cur//[\\\\\\\"\\']/}\n"
	            "\t\twhile IFS= read -r word; do\n"
	            "\t\t\t[[ $word == \"$cur\"* ]] &&\n"
	            "\t\t\t\tCOMPREPLY+=(\"$before$(printf \"$form\" \"$word\")\")\n"
	            "\t\tdone < <(_batchresize_presets)\n",
	            stream);
}

static void put_bash_names(FILE *stream, const struct cli_option *option)
{
	(void)fprintf(stream, "--%s", option->name);
	if (option->letter)
		(void)fprintf(stream, "|-%c", option->letter);
}

static void put_bash_case(FILE *stream, const struct cli_option *option)
{
	(void)fputs("\t", stream);
	put_bash_names(stream, option);
	(void)fputs(")\n", stream);
	if (option->words)
		put_bash_words(stream, option);
	else if (is_preset(option))
		put_bash_presets(stream);
	else
		(void)fputs("\t\tcompopt +o default -o dirnames\n", stream);
	(void)fputs("\t\treturn ;;\n", stream);
}

/* Options of which only the user knows what belongs there. */
static bool is_free(const struct cli_option *option)
{
	return option->argument && !option->words && !is_preset(option) &&
	       option->kind != KIND_DIRECTORY && option->kind != KIND_FILE;
}

static void put_bash_cases(FILE *stream)
{
	const char *before = "\t";

	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (is_shown(option) &&
		    (option->words || is_preset(option) || option->kind == KIND_DIRECTORY))
			put_bash_case(stream, option);
	}
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (is_shown(option) && is_free(option)) {
			(void)fputs(before, stream);
			put_bash_names(stream, option);
			before = "|";
		}
	}
	(void)fputs(")\n\t\tcompopt +o default\n\t\treturn ;;\n", stream);
}

void document_bash(FILE *stream)
{
	(void)fputs(bash_head, stream);
	put_bash_cases(stream);
	(void)fputs("\tesac\n\tlocal options='", stream);
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (is_shown(option))
			(void)fprintf(stream, "%s--%s%s", id ? " " : "", option->name,
			              option->argument ? "=" : "");
	}
	(void)fputs("'\n", stream);
	(void)fputs(bash_tail, stream);
}

/* --- zsh -------------------------------------------------------------------------------------- */

static const char zsh_head[] =
    "#compdef batchresize\n"
    "# Completion of batchresize for zsh.\n"
    "_batchresize_presets()\n"
    "{\n"
    "  local -a found config sources\n"
    "  local word\n"
    "  if [[ -n $opt_args[--config] ]]; then\n"
    "    word=${(Q)opt_args[--config]}\n"
    "    config=(--config=${word/#\\~\\//$HOME/})\n"
    "  fi\n"
    "  for word in ${(Q)line}; do\n"
    "    word=${word/#\\~\\//$HOME/}\n"
    "    [[ -d $word ]] && sources+=($word)\n"
    "  done\n"
    "  word=${(Q)words[1]}\n"
    "  found=(${(f)\"$(${word/#\\~\\//$HOME/} --show-config $config -- $sources 2> /dev/null |\n"
    "    " PRESET_NAMES ")\"})\n"
    "  compadd -a found\n"
    "}\n"
    "_arguments -s -S \\\n";

/* Writes text for use inside single quotes, with a backslash before each of `special`. */
static void put_quoted(FILE *stream, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			(void)fputc('\\', stream);
		if (*text == '\'')
			(void)fputs("'\\''", stream);
		else
			(void)fputc(*text, stream);
	}
}

/* What _arguments() calls to complete the argument. */
static void put_zsh_argument(FILE *stream, const struct cli_option *option)
{
	(void)fprintf(stream, ":%s:", option->argument);
	if (option->kind == KIND_WORDS) {
		(void)fprintf(stream, "_values -s , %s", option->argument);
		for (const struct cli_word *word = option->words; word->name; word++) {
			(void)fprintf(stream, " \"%s[", word->name);
			put_quoted(stream, word->help, "[]:\\\"");
			(void)fputs("]\"", stream);
		}
	} else if (option->words) {
		(void)fputs("((", stream);
		for (const struct cli_word *word = option->words; word->name; word++) {
			(void)fprintf(stream, "%s%s\\:", word == option->words ? "" : " ",
			              word->name);
			put_quoted(stream, word->help, " '\"():\\&;<>|$`");
		}
		(void)fputs("))", stream);
	} else if (is_preset(option)) {
		(void)fputs("_batchresize_presets", stream);
	} else if (option->kind == KIND_DIRECTORY) {
		(void)fputs("_files -/", stream);
	} else if (option->kind == KIND_FILE) {
		(void)fputs("_files", stream);
	} else {
		(void)fputc(' ', stream);
	}
}

static void put_zsh_option(FILE *stream, const struct cli_option *option)
{
	const char *attached = option->argument ? "=" : "";
	bool repeatable = option->kind == KIND_PATTERN || option->kind == KIND_COUNT;

	(void)fputs("  ", stream);
	if (option->kind == KIND_ACTION)
		(void)fputs("'(- *)'", stream);
	else if (repeatable)
		(void)fputs(option->letter ? "'*'" : "'*", stream);
	else if (option->letter)
		(void)fprintf(stream, "'(-%c --%s)'", option->letter, option->name);
	if (option->letter)
		(void)fprintf(stream, "{-%c%s,--%s%s}'[", option->letter,
		              option->argument ? "+" : "", option->name, attached);
	else
		(void)fprintf(stream, "%s--%s%s[", repeatable ? "" : "'", option->name, attached);
	put_quoted(stream, option->help, "[]:\\");
	(void)fputc(']', stream);
	if (option->argument)
		put_zsh_argument(stream, option);
	(void)fputs("' \\\n", stream);
}

void document_zsh(FILE *stream)
{
	(void)fputs(zsh_head, stream);
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (is_shown(option))
			put_zsh_option(stream, option);
	}
	(void)fputs("  '*:PATH:_files'\n", stream);
}

/* --- fish ------------------------------------------------------------------------------------- */

static const char fish_head[] =
    "# Completion of batchresize for fish.\n"
    "function __batchresize_presets\n"
    "    set -l typed (commandline -opc | string replace -r '^~/' \"$HOME/\")\n"
    "    set -l last ''\n"
    "    set -l config\n"
    "    set -l sources\n"
    "    for word in $typed[2..-1]\n"
    "        if string match -q -- '--config=*' $word\n"
    "            set config $word\n"
    "        else if test \"$last\" = --config\n"
    "            set config --config=$word\n"
    "        else if not contains -- $last -o --output; and test -d $word\n"
    "            set -a sources $word\n"
    "        end\n"
    "        set last $word\n"
    "    end\n"
    "    $typed[1] --show-config $config -- $sources 2>/dev/null |\n"
    "        string replace -fr '^# \\[preset (.*)\\]$' '$1'\n"
    "end\n";

/* Writes text for use inside fish's single quotes. */
static void put_fish_quoted(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			(void)fputc('\\', stream);
		(void)fputc(*text, stream);
	}
}

static void put_fish_argument(FILE *stream, const struct cli_option *option)
{
	if (option->kind == KIND_FILE) {
		(void)fputs(" -r -F", stream);
		return;
	}
	(void)fputs(" -x", stream);
	if (option->kind == KIND_WORDS) {
		(void)fputs(" -a '(__fish_append , ", stream);
		put_words(stream, option);
		(void)fputs(")'", stream);
	} else if (option->words) {
		(void)fputs(" -a '", stream);
		for (const struct cli_word *word = option->words; word->name; word++) {
			(void)fprintf(stream, "%s%s\\t\"", word == option->words ? "" : " ",
			              word->name);
			put_fish_quoted(stream, word->help);
			(void)fputc('"', stream);
		}
		(void)fputc('\'', stream);
	} else if (is_preset(option)) {
		(void)fputs(" -a '(__batchresize_presets)'", stream);
	} else if (option->kind == KIND_DIRECTORY) {
		(void)fputs(" -a '(__fish_complete_directories)'", stream);
	}
}

void document_fish(FILE *stream)
{
	(void)fputs(fish_head, stream);
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (!is_shown(option))
			continue;
		(void)fputs("complete -c batchresize", stream);
		if (option->letter)
			(void)fprintf(stream, " -s %c", option->letter);
		(void)fprintf(stream, " -l %s", option->name);
		if (option->argument)
			put_fish_argument(stream, option);
		(void)fputs(" -d '", stream);
		put_fish_quoted(stream, option->help);
		(void)fputs("'\n", stream);
	}
}

/* ---------------------------------------------------------------------------------------------- */

void cli_print_document(FILE *stream, enum cli_document document)
{
	switch (document) {
	case CLI_DOCUMENT_NONE:
		break;
	case CLI_DOCUMENT_MAN:
		document_man(stream);
		break;
	case CLI_DOCUMENT_BASH:
		document_bash(stream);
		break;
	case CLI_DOCUMENT_ZSH:
		document_zsh(stream);
		break;
	case CLI_DOCUMENT_FISH:
		document_fish(stream);
		break;
	}
}
