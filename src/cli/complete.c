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

/* --- bash ------------------------------------------------------------------------------------- */

/* What stands before and after the cases of single options. */
static const char bash_head[] =
    "# Completion of batchresize for bash.\n"
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
	else
		(void)fputs("\t\tcompopt +o default -o dirnames\n", stream);
	(void)fputs("\t\treturn ;;\n", stream);
}

/* Options of which only the user knows what belongs there. */
static bool is_free(const struct cli_option *option)
{
	return option->argument && !option->words && option->kind != KIND_DIRECTORY &&
	       option->kind != KIND_FILE;
}

static void put_bash_cases(FILE *stream)
{
	const char *before = "\t";

	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (is_shown(option) && (option->words || option->kind == KIND_DIRECTORY))
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
	(void)fputs("#compdef batchresize\n# Completion of batchresize for zsh.\n"
	            "_arguments -s -S \\\n",
	            stream);
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (is_shown(option))
			put_zsh_option(stream, option);
	}
	(void)fputs("  '*:PATH:_files'\n", stream);
}

/* --- fish ------------------------------------------------------------------------------------- */

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
	} else if (option->kind == KIND_DIRECTORY) {
		(void)fputs(" -a '(__fish_complete_directories)'", stream);
	}
}

void document_fish(FILE *stream)
{
	(void)fputs("# Completion of batchresize for fish.\n", stream);
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
