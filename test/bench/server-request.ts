/** What the `server` row asks, in process and over HTTP. */
export const serverQuestion = "What is it?";
export const serverContext = "a line of text\n".repeat(50);
