import * as z from "zod";

// The page's content security policy forbids eval, which zod would try for speed. To be imported before any schema.
z.config({ jitless: true });
