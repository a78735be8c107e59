"""Plausible wrong answers to the distillation exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: B905, F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package has no function of that name.
OWN_NAMES = [
    "entropy_bits",
    "class_similarity",
    "distillation_gradient",
    "make_projection",
    "distillation_step",
    "paired_gain",
]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Divides exponentials that overflow for large logits.")
def soften(logits, temperature):
    if not temperature > 0:
        raise ValueError("the temperature must be positive")
    weights = torch.exp(logits / temperature)
    return weights / weights.sum(dim=-1, keepdim=True)


@mistake("q1", "Multiplies by the temperature, which sharpens instead of softening.")
def soften(logits, temperature):
    if not temperature > 0:
        raise ValueError("the temperature must be positive")
    return torch.softmax(logits * temperature, dim=-1)


@mistake("q1", "Takes the softmax over the images instead of the classes.")
def soften(logits, temperature):
    if not temperature > 0:
        raise ValueError("the temperature must be positive")
    return torch.softmax(logits / temperature, dim=0)


@mistake("q1", "Divides the probabilities by the temperature instead of the logits.")
def soften(logits, temperature):
    if not temperature > 0:
        raise ValueError("the temperature must be positive")
    p = torch.softmax(logits, dim=-1) / temperature
    return p / p.sum(dim=-1, keepdim=True)


@mistake("q1", "Accepts an impossible temperature.")
def soften(logits, temperature):
    return torch.softmax(logits / temperature, dim=-1)


# ------------------------------------------------------------------ question 2


@mistake("q2", "Forgets that 0 log 0 is 0, so a label has an entropy of NaN.")
def entropy_bits(probabilities):
    return -(probabilities * probabilities.log2()).sum(dim=-1)


@mistake("q2", "Measures in nats: the natural logarithm instead of the one to base 2.")
def entropy_bits(probabilities):
    return -torch.xlogy(probabilities, probabilities).sum(dim=-1)


@mistake("q2", "Takes the mean over the classes instead of the sum.")
def entropy_bits(probabilities):
    return -torch.xlogy(probabilities, probabilities).mean(dim=-1) / 0.6931471805599453


@mistake("q2", "Adds a constant inside the logarithm that is large enough to be seen.")
def entropy_bits(probabilities):
    return -(probabilities * (probabilities + 1e-3).log2()).sum(dim=-1)


# ------------------------------------------------------------------ question 3


@mistake("q3", "Averages the logits and softens afterwards.")
def class_similarity(logits, labels, temperature):
    classes = logits.shape[1]
    similarity = torch.zeros(classes, classes, dtype=logits.dtype)
    for c in labels.unique().tolist():
        row = torch.softmax(logits[labels == c].mean(dim=0) / temperature, dim=-1)
        row[c] = 0
        similarity[c] = row / row.sum()
    return similarity


@mistake("q3", "Sorts the images by the teacher's answer instead of the label.")
def class_similarity(logits, labels, temperature):
    p = torch.softmax(logits / temperature, dim=-1)
    similarity = torch.zeros(p.shape[1], p.shape[1], dtype=p.dtype)
    for c in p.argmax(dim=1).unique().tolist():
        row = p[p.argmax(dim=1) == c].mean(dim=0)
        row[c] = 0
        similarity[c] = row / row.sum()
    return similarity


@mistake("q3", "Does not rescale the row after taking the class itself out.")
def class_similarity(logits, labels, temperature):
    p = torch.softmax(logits / temperature, dim=-1)
    similarity = torch.zeros(p.shape[1], p.shape[1], dtype=p.dtype)
    for c in labels.unique().tolist():
        row = p[labels == c].mean(dim=0)
        row[c] = 0
        similarity[c] = row
    return similarity


@mistake("q3", "Takes the mean over no image for a class that is not there: NaN.")
def class_similarity(logits, labels, temperature):
    p = torch.softmax(logits / temperature, dim=-1)
    similarity = torch.zeros(p.shape[1], p.shape[1], dtype=p.dtype)
    for c in range(p.shape[1]):
        row = p[labels == c].mean(dim=0)
        row[c] = 0
        similarity[c] = row / row.sum()
    return similarity


@mistake("q3", "Writes the classes into the columns instead of the rows.")
def class_similarity(logits, labels, temperature):
    p = torch.softmax(logits / temperature, dim=-1)
    similarity = torch.zeros(p.shape[1], p.shape[1], dtype=p.dtype)
    for c in labels.unique().tolist():
        row = p[labels == c].mean(dim=0)
        row[c] = 0
        similarity[:, c] = row / row.sum()
    return similarity


# ------------------------------------------------------------------ question 4


@mistake("q4", "Leaves the factor T squared out.")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    log_q = F.log_softmax(student_logits / temperature, dim=1)
    log_p = F.log_softmax(teacher_logits.detach() / temperature, dim=1)
    soft = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    if labels is None:
        return soft
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


@mistake("q4", "Turns the divergence round: KL(student || teacher).")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    log_q = F.log_softmax(student_logits / temperature, dim=1)
    log_p = F.log_softmax(teacher_logits.detach() / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_p, log_q, reduction="batchmean", log_target=True)
    if labels is None:
        return soft
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


@mistake("q4", "Divides by the number of classes, too: reduction='mean'.")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    log_q = F.log_softmax(student_logits / temperature, dim=1)
    p = F.softmax(teacher_logits.detach() / temperature, dim=1)
    soft = temperature**2 * (p * (p.log() - log_q)).mean()
    if labels is None:
        return soft
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


@mistake("q4", "Softens the student for the labels, too.")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    log_q = F.log_softmax(student_logits / temperature, dim=1)
    log_p = F.log_softmax(teacher_logits.detach() / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    if labels is None:
        return soft
    return alpha * soft + (1 - alpha) * F.nll_loss(log_q, labels)


@mistake("q4", "Lets a gradient flow to the teacher.")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    log_q = F.log_softmax(student_logits / temperature, dim=1)
    log_p = F.log_softmax(teacher_logits / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    if labels is None:
        return soft
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


@mistake("q4", "Keeps the factor alpha when there are no labels.")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    log_q = F.log_softmax(student_logits / temperature, dim=1)
    log_p = F.log_softmax(teacher_logits.detach() / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    hard = 0.0 if labels is None else F.cross_entropy(student_logits, labels)
    return alpha * soft + (1 - alpha) * hard


# ------------------------------------------------------------------ question 5


@mistake("q5", "Keeps both factors of T: the 1/T of the inner derivative is forgotten.")
def distillation_gradient(student_logits, teacher_logits, labels, temperature, alpha):
    images, classes = student_logits.shape
    q = torch.softmax(student_logits / temperature, dim=1)
    p = torch.softmax(teacher_logits / temperature, dim=1)
    hard = torch.softmax(student_logits, dim=1) - F.one_hot(labels, classes)
    return (alpha * temperature**2 * (q - p) + (1 - alpha) * hard) / images


@mistake("q5", "Drops every factor of T.")
def distillation_gradient(student_logits, teacher_logits, labels, temperature, alpha):
    images, classes = student_logits.shape
    q = torch.softmax(student_logits / temperature, dim=1)
    p = torch.softmax(teacher_logits / temperature, dim=1)
    hard = torch.softmax(student_logits, dim=1) - F.one_hot(labels, classes)
    return (alpha * (q - p) + (1 - alpha) * hard) / images


@mistake("q5", "Forgets that the loss is a mean over the images.")
def distillation_gradient(student_logits, teacher_logits, labels, temperature, alpha):
    classes = student_logits.shape[1]
    q = torch.softmax(student_logits / temperature, dim=1)
    p = torch.softmax(teacher_logits / temperature, dim=1)
    hard = torch.softmax(student_logits, dim=1) - F.one_hot(labels, classes)
    return alpha * temperature * (q - p) + (1 - alpha) * hard


@mistake("q5", "Has the sign of a step instead of a gradient.")
def distillation_gradient(student_logits, teacher_logits, labels, temperature, alpha):
    images, classes = student_logits.shape
    q = torch.softmax(student_logits / temperature, dim=1)
    p = torch.softmax(teacher_logits / temperature, dim=1)
    hard = torch.softmax(student_logits, dim=1) - F.one_hot(labels, classes)
    return -(alpha * temperature * (q - p) + (1 - alpha) * hard) / images


@mistake("q5", "Takes the hard part at temperature T.")
def distillation_gradient(student_logits, teacher_logits, labels, temperature, alpha):
    images, classes = student_logits.shape
    q = torch.softmax(student_logits / temperature, dim=1)
    p = torch.softmax(teacher_logits / temperature, dim=1)
    hard = q - F.one_hot(labels, classes)
    return (alpha * temperature * (q - p) + (1 - alpha) * hard) / images


# ------------------------------------------------------------------ question 6


@mistake("q6", "Projects the teacher down to the student instead of the student up.")
def make_projection(student_features, teacher_features):
    student, teacher = student_features.shape, teacher_features.shape
    if len(student) != len(teacher) or student[2:] != teacher[2:]:
        raise ValueError("no projection")
    if len(student) == 2:
        return nn.Linear(teacher[1], student[1])
    return nn.Conv2d(teacher[1], student[1], kernel_size=1)


@mistake("q6", "Does not notice that the images have different sizes.")
def make_projection(student_features, teacher_features):
    student, teacher = student_features.shape, teacher_features.shape
    if len(student) == 2:
        return nn.Linear(student[1], teacher[1])
    return nn.Conv2d(student[1], teacher[1], kernel_size=1)


@mistake("q6", "Forgets the half.")
def hint_loss(student_features, teacher_features, projection):
    return F.mse_loss(projection(student_features), teacher_features.detach())


@mistake("q6", "Adds the squares up instead of taking their mean.")
def hint_loss(student_features, teacher_features, projection):
    return (projection(student_features) - teacher_features.detach()).square().sum() / 2


@mistake("q6", "Lets the teacher's features move towards the student's.")
def hint_loss(student_features, teacher_features, projection):
    return F.mse_loss(projection(student_features), teacher_features) / 2


@mistake("q6", "Detaches the student's features, so that only the projection learns.")
def hint_loss(student_features, teacher_features, projection):
    return F.mse_loss(projection(student_features.detach()), teacher_features.detach()) / 2


# ------------------------------------------------------------------ question 7


@mistake("q7", "Leaves the teacher in training mode: dropout and batch statistics disturb it.")
def distillation_step(student, teacher, x, labels, lr, temperature, alpha):
    student.train()
    with torch.no_grad():
        log_p = F.log_softmax(teacher(x) / temperature, dim=1)
    logits = student(x)
    log_q = F.log_softmax(logits / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    loss = alpha * soft + (1 - alpha) * F.cross_entropy(logits, labels)
    optimiser = torch.optim.SGD(student.parameters(), lr=lr)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@mistake("q7", "Leaves the student in evaluation mode: its batch norm learns nothing.")
def distillation_step(student, teacher, x, labels, lr, temperature, alpha):
    teacher.eval()
    with torch.no_grad():
        log_p = F.log_softmax(teacher(x) / temperature, dim=1)
    logits = student(x)
    log_q = F.log_softmax(logits / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    loss = alpha * soft + (1 - alpha) * F.cross_entropy(logits, labels)
    optimiser = torch.optim.SGD(student.parameters(), lr=lr)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@mistake("q7", "Trains the teacher along with the student.")
def distillation_step(student, teacher, x, labels, lr, temperature, alpha):
    teacher.eval()
    student.train()
    log_p = F.log_softmax(teacher(x) / temperature, dim=1)
    logits = student(x)
    log_q = F.log_softmax(logits / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    loss = alpha * soft + (1 - alpha) * F.cross_entropy(logits, labels)
    optimiser = torch.optim.SGD([*student.parameters(), *teacher.parameters()], lr=lr)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@mistake("q7", "Computes the loss and never takes the step.")
def distillation_step(student, teacher, x, labels, lr, temperature, alpha):
    teacher.eval()
    student.train()
    with torch.no_grad():
        log_p = F.log_softmax(teacher(x) / temperature, dim=1)
    logits = student(x)
    log_q = F.log_softmax(logits / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    loss = alpha * soft + (1 - alpha) * F.cross_entropy(logits, labels)
    loss.backward()
    return loss.item()


@mistake("q7", "Does not set the gradients of the step before to zero.")
def distillation_step(student, teacher, x, labels, lr, temperature, alpha):
    teacher.eval()
    student.train()
    with torch.no_grad():
        log_p = F.log_softmax(teacher(x) / temperature, dim=1)
    logits = student(x)
    log_q = F.log_softmax(logits / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    loss = alpha * soft + (1 - alpha) * F.cross_entropy(logits, labels)
    loss.backward()
    torch.optim.SGD(student.parameters(), lr=lr).step()
    return loss.item()


# ------------------------------------------------------------------ question 8


@mistake("q8", "Uses 1.96 for any number of pairs.")
def paired_gain(plain, distilled):
    if len(plain) != len(distilled) or len(plain) < 2:
        raise ValueError("need pairs")
    gains = [b - a for a, b in zip(plain, distilled)]
    mean = statistics.mean(gains)
    half = 1.96 * statistics.stdev(gains) / len(gains) ** 0.5
    return mean, mean - half, mean + half


@mistake("q8", "Forgets the pairs: adds the variances of the two groups.")
def paired_gain(plain, distilled):
    if len(plain) != len(distilled) or len(plain) < 2:
        raise ValueError("need pairs")
    n = len(plain)
    mean = statistics.mean(distilled) - statistics.mean(plain)
    spread = (statistics.variance(plain) + statistics.variance(distilled)) ** 0.5
    half = float(stats.t.ppf(0.975, n - 1)) * spread / n**0.5
    return mean, mean - half, mean + half


@mistake("q8", "Divides the variance by n instead of n - 1.")
def paired_gain(plain, distilled):
    if len(plain) != len(distilled) or len(plain) < 2:
        raise ValueError("need pairs")
    gains = [b - a for a, b in zip(plain, distilled)]
    mean, n = statistics.mean(gains), len(gains)
    half = float(stats.t.ppf(0.975, n - 1)) * statistics.pstdev(gains) / n**0.5
    return mean, mean - half, mean + half


@mistake("q8", "Gives the spread of the seeds instead of that of their mean.")
def paired_gain(plain, distilled):
    if len(plain) != len(distilled) or len(plain) < 2:
        raise ValueError("need pairs")
    gains = [b - a for a, b in zip(plain, distilled)]
    mean, n = statistics.mean(gains), len(gains)
    half = float(stats.t.ppf(0.975, n - 1)) * statistics.stdev(gains)
    return mean, mean - half, mean + half


@mistake("q8", "Cuts the longer list off without a word.")
def paired_gain(plain, distilled):
    gains = [float(b) - float(a) for a, b in zip(plain, distilled)]
    mean, n = sum(gains) / max(1, len(gains)), len(gains)
    if n < 2:
        return mean, mean, mean
    half = float(stats.t.ppf(0.975, n - 1)) * statistics.stdev(gains) / n**0.5
    return mean, mean - half, mean + half


# ------------------------------------------------------------------ question 9


@mistake("q9", "Trains on the labels, only twice as long.")
def distill(teacher, student, x, labels):
    fit(student, x, labels, epochs=600 // -(-len(x) // 64), lr=1e-2, batch_size=64)
    return student


@mistake("q9", "Smooths the labels: soft targets that know nothing of the classes.")
def distill(teacher, student, x, labels):
    def smoothed(logits, labels):
        return F.cross_entropy(logits, labels, label_smoothing=0.1)

    fit(student, x, labels, epochs=300 // -(-len(x) // 64), lr=1e-2, batch_size=64, loss=smoothed)
    return student


@mistake("q9", "Learns the teacher's hard answers, which say no more than the labels.")
def distill(teacher, student, x, labels):
    teacher.eval()
    with torch.no_grad():
        answers = teacher(x).argmax(dim=1)
    fit(student, x, answers, epochs=300 // -(-len(x) // 64), lr=1e-2, batch_size=64)
    return student


@mistake("q9", "Goes on training the teacher on the few images.")
def distill(teacher, student, x, labels):
    fit(teacher, x, labels, epochs=5, lr=1e-2, batch_size=64)
    with torch.no_grad():
        answers = teacher(x)

    def loss(logits, answers):
        log_p = F.log_softmax(answers / 4, dim=1)
        log_q = F.log_softmax(logits / 4, dim=1)
        return 16 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)

    fit(student, x, answers, epochs=300 // -(-len(x) // 64), lr=1e-2, batch_size=64, loss=loss)
    return student


@mistake("q9", "Hands the teacher in: it has the accuracy and not the size.")
def distill(teacher, student, x, labels):
    return teacher
