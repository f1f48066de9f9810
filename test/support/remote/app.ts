// The app whose runs workers execute.
import { detent } from "../../../src/index.ts";

export default detent({ app: "remote", tasks: [new URL("./tasks.ts", import.meta.url)] });
