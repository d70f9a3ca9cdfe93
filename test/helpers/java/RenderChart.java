import com.marcnuri.helm.Helm;
import java.nio.file.Path;

/** Lints a Helm chart and prints what it renders to. Arguments: folder of the chart, and a file of values. */
public class RenderChart {
    public static void main(String[] args) {
        Helm helm = new Helm(Path.of(args[0]));
        var lint = helm.lint().strict().call();
        if (lint.isFailed()) {
            System.err.println(String.join("\n", lint.getMessages()));
            System.exit(1);
        }
        var template = helm.template().withName("watch").withNamespace("sms");
        System.out.print(template.withValuesFile(Path.of(args[1])).call());
    }
}
