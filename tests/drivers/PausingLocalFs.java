package tidegate.testing;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** The local file system as Delta's log store uses it; a version's last rename waits while a flag file is there. */
public class PausingLocalFs extends DelegateToFileSystem {
  public PausingLocalFs(URI uri, Configuration conf) throws IOException, URISyntaxException {
    super(uri, new Pausing(conf.get("tidegate.pause.flag")), conf, "file", false);
  }

  @Override
  public int getUriDefaultPort() {
    return -1;
  }

  @Override
  public boolean isValidName(String name) {
    return true;
  }

  private static class Pausing extends RawLocalFileSystem {
    private final File flag;

    Pausing(String flag) {
      this.flag = new File(flag);
    }

    /** Called after the caller has seen that there is no `to`. */
    @Override
    public boolean rename(Path from, Path to) throws IOException {
      boolean isVersion = to.getParent().getName().equals("_delta_log") && to.getName().endsWith(".json");
      if (isVersion && flag.exists()) {
        new File(flag.getPath() + ".reached").createNewFile();
        while (flag.exists()) {
          sleep();
        }
      }
      return super.rename(from, to);
    }

    private static void sleep() throws IOException {
      try {
        Thread.sleep(10);
      } catch (InterruptedException interrupted) {
        throw new IOException(interrupted);
      }
    }
  }
}
