/* resize_folder.c - every picture below a folder, at most 200x200, into another folder, in a pool
 * of processes: a picture that crashes its decoder costs that picture.
 */
#include <stdio.h>
#include <stdlib.h>

#include <batchresize/batch.h>

static int tell(void *ctx, const struct br_batch_record *record,
                const struct br_batch_progress *progress)
{
	(void)ctx;
	printf("%d/%d %s: %s\n", (int)progress->done, (int)progress->total, record->source,
	       record->status == BR_BATCH_OK ? record->output : record->error.msg);
	return 0;
}

int main(int argc, char **argv)
{
	const struct br_batch_observer observer = {.finished = tell};
	struct br_batch_options options = br_batch_options_default();
	struct br_batch_outcome outcome;
	struct br_error error;

	if (argc != 3) {
		fprintf(stderr, "usage: resize_folder FOLDER OUTPUT\n");
		return EXIT_FAILURE;
	}
	options.mode = BR_EXECUTOR_PROCESS;
	options.paths = (const char *const[]){argv[1]};
	options.path_count = 1;
	options.output = argv[2];
	options.image.size[0] = (struct br_image_size){.width = 200, .height = 200};
	if (br_batch_run(&options, &observer, &outcome, &error) != 0) {
		fprintf(stderr, "%s\n", error.msg);
		return EXIT_FAILURE;
	}
	return outcome.progress.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
