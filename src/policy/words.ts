/** All annotations of an object may have 256 KiB together (apimachinery, TotalAnnotationSizeLimitB), and a word takes a
 *  comma at least: what has more words is refused by the API server, whatever becomes of it here. */
const maxWords = 256 * 1024;

/** The words of a list in an annotation, which are joined by commas. */
export function wordsOf(annotation: string): string[] {
  // Not without a limit: in a review of 16 MiB there may be 16 million commas.
  return annotation
    .split(',', maxWords)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
