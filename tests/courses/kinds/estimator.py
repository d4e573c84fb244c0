# An estimator: fitted in one test, asked in the next.
# Right: 2
# Wrong: 0
# Blank: 0
# From outside: none
# %%
import numpy as np


# %% answer=model
class Model:
    ### BEGIN SOLUTION
    def fit(self, x, y):
        self.coef_ = np.linalg.lstsq(x, y, rcond=None)[0]
        return self

    def predict(self, x):
        return x @ self.coef_

    ### END SOLUTION


# %% test=test_fit points=1
x = np.eye(3)
model = Model().fit(x, np.array([1.0, 2.0, 3.0]))
assert isinstance(model, Model)
assert np.allclose(model.coef_, [1, 2, 3])
# %% test=test_predict points=1
assert np.allclose(model.predict(np.ones((2, 3))), 6)


# %% wrong=model
class Model:
    def fit(self, x, y):
        self.coef_ = np.zeros(3)

    def predict(self, x):
        return x @ self.coef_
