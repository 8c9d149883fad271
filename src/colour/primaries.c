/* primaries.c - three by three. */
#include "colour/primaries.h"

static const double bradford[3][3] = {
    {0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}};

static void apply(const double matrix[3][3], const double in[3], double out[3])
{
	for (int i = 0; i < 3; i++)
		out[i] = matrix[i][0] * in[0] + matrix[i][1] * in[1] + matrix[i][2] * in[2];
}

/* out may be neither of the two. */
static void multiply(const double a[3][3], const double b[3][3], double out[3][3])
{
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

static void invert(const double m[3][3], double out[3][3])
{
	double determinant = 0;

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++) {
			const int a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3,
				  d = (j + 2) % 3;

			out[j][i] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
		}
	for (int j = 0; j < 3; j++)
		determinant += m[0][j] * out[j][0];
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			out[i][j] /= determinant;
}

static void xyz_of(const double xy[2], double xyz[3])
{
	xyz[0] = xy[0] / xy[1];
	xyz[1] = 1;
	xyz[2] = (1 - xy[0] - xy[1]) / xy[1];
}

void primaries_to_xyz(const struct colour_space *space, double matrix[3][3])
{
	const double *const points[3] = {space->red, space->green, space->blue};
	double columns[3][3], inverse[3][3], white[3], share[3];

	for (int j = 0; j < 3; j++) {
		double xyz[3];

		xyz_of(points[j], xyz);
		for (int i = 0; i < 3; i++)
			columns[i][j] = xyz[i];
	}
	xyz_of(space->white, white);
	invert(columns, inverse);
	apply(inverse, white, share);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			matrix[i][j] = columns[i][j] * share[j];
}

/* From one white point to another. */
static void adapt(const double from[2], const double to[2], double matrix[3][3])
{
	double in[3], out[3], before[3], after[3], scaled[3][3], inverse[3][3];

	xyz_of(from, in);
	xyz_of(to, out);
	apply(bradford, in, before);
	apply(bradford, out, after);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			scaled[i][j] = bradford[i][j] * after[i] / before[i];
	invert(bradford, inverse);
	multiply(inverse, scaled, matrix);
}

void primaries_convert(const struct colour_space *from, const struct colour_space *to,
                       double matrix[3][3])
{
	double in[3][3], out[3][3], back[3][3], adapted[3][3], seen[3][3];

	primaries_to_xyz(from, in);
	primaries_to_xyz(to, out);
	invert(out, back);
	adapt(from->white, to->white, adapted);
	multiply(adapted, in, seen);
	multiply(back, seen, matrix);
}
